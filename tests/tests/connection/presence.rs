//! Waiting callbacks whose peer disconnects: the callback learns of it, or is cut.
//!
//! Longer than other files, as each way in which a peer leaves meets each way in which a callback
//! waits.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use std::time::Duration;

use kai_tcp_server::{
    Action, Active, CloseReason, Failure, Options, Peer, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;

/// Waits in each of its callbacks, as the lines say.
struct Waits {
    events: UnboundedSender<String>,
    go: Arc<Notify>,
    /// The number of polls of a wait.
    polls: Arc<AtomicUsize>,
}

impl Waits {
    fn tell(&self, event: &str) {
        let _ = self.events.send(event.to_owned());
    }

    /// Waits for the test's signal.
    async fn wait(&self, callback: &str) {
        self.tell(callback);
        let mut go = pin!(self.go.notified());
        poll_fn(|cx| {
            self.polls.fetch_add(1, SeqCst);
            go.as_mut().poll(cx)
        })
        .await;
    }
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 2, active = 3)]
impl Waits {
    async fn connected(&self, socket: &mut Socket, peer: Peer<()>) -> Result<Peer<()>> {
        let line = socket.recv().await?;
        if line.as_deref() == Some(b"connected") {
            self.wait("connected").await;
        }
        Ok(peer)
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket, peer: &mut Peer<()>) -> Result<Action> {
        match data {
            "handle_call" => self.wait(data).await,
            "handle_info" => peer.send(()).map_err(|_| "there is space")?,
            "active" => socket.set_active(Active::True),
            "passive" => socket.set_active(Active::Count(0)),
            "failed" => return Err("asked for".into()),
            "closed" => {
                self.tell("waits");
                socket.closed().await;
                self.tell("the peer left");
            }
            "stopping" => {
                self.tell("waits");
                socket.stopping().await;
                return Ok(reply("it stops"));
            }
            "all" => {
                let (closed, stopping) = (socket.closed(), socket.stopping());
                self.tell("waits");
                tokio::select! {
                    line = socket.recv() => return Ok(reply(("received ", line?.unwrap_or_default()))),
                    () = closed => self.tell("the peer left"),
                    () = stopping => return Ok(reply("it stops")),
                }
            }
            "elsewhere" => {
                let (closed, events) = (socket.closed(), self.events.clone());
                tokio::spawn(async move {
                    closed.await;
                    let _ = events.send("known elsewhere".to_owned());
                });
            }
            _ => {}
        }
        Ok(reply(data.to_owned()))
    }

    async fn handle_info(&self, (): ()) -> Action {
        self.wait("handle_info").await;
        noreply
    }

    async fn passive(&self, socket: &mut Socket) -> Action {
        self.wait("passive").await;
        socket.set_active(Active::Count(3));
        noreply
    }

    async fn failed(&self, _failure: &Failure) -> Action {
        self.wait("failed").await;
        reply("failed")
    }

    async fn stopping(&self) -> Action {
        self.wait("stopping").await;
        close
    }

    fn closed(&self, _peer: Peer<()>, reason: CloseReason) {
        self.tell(&format!("{reason:?}"));
    }
}

struct Play {
    server: Server,
    told: UnboundedReceiver<String>,
    go: Arc<Notify>,
    polls: Arc<AtomicUsize>,
}

impl Play {
    async fn new(options: Options) -> Self {
        let (events, told) = unbounded_channel();
        let (go, polls) = (Arc::new(Notify::new()), Arc::default());
        let waits = Waits {
            events,
            go: Arc::clone(&go),
            polls: Arc::clone(&polls),
        };
        let server = start(with(waits, options)).await.unwrap();
        Play {
            server,
            told,
            go,
            polls,
        }
    }

    async fn client(&self) -> Client {
        Client::connect(self.server.local_addr()).await
    }

    async fn told(&mut self, event: &str) {
        assert_eq!(next(&mut self.told).await.as_deref(), Some(event));
    }

    /// Connects a client whose connection waits in this callback.
    async fn waits_in(&mut self, callback: &str) -> Client {
        let mut client = self.client().await;
        match callback {
            "connected" => client.send("connected\n").await,
            "stopping" => {
                client.call("\nhello\n", "hello\n").await;
                drop(self.server.stop());
            }
            callback => client.send(format!("\n{callback}\n")).await,
        }
        self.told(callback).await;
        client
    }
}

/// The callbacks of a connection with a session, whose `closed` is called at the end.
const CALLBACKS: [&str; 5] = ["handle_call", "handle_info", "passive", "failed", "stopping"];

/// The numbers of bytes that are sent after the line and stay unread.
const BEHIND: [usize; 3] = [0, 1, 50_000];

#[tokio::test]
async fn a_reset_cuts_any_callback_that_waits_also_behind_unread_bytes() {
    for half_close in [true, false] {
        // A reset is seen even behind more bytes than the system takes from a peer.
        for behind in BEHIND.into_iter().chain([500_000]) {
            for callback in CALLBACKS {
                let mut play = Play::new(Waits::OPTIONS.half_close(half_close)).await;
                let mut client = play.waits_in(callback).await;
                client.send("x".repeat(behind)).await;
                client.reset();
                play.told("Reset").await;
            }
        }
    }
}

#[tokio::test]
async fn a_peer_that_leaves_in_connected_frees_its_place() {
    for reset in [true, false] {
        let mut play = Play::new(Waits::OPTIONS.half_close(reset).max_processes(1)).await;
        let client = play.waits_in("connected").await;
        if reset {
            client.reset();
        } else {
            drop(client);
        }
        let mut other = play.client().await;
        other.call("\nhello\n", "hello\n").await;
    }
}

#[tokio::test]
async fn a_reset_after_the_end_cuts_it() {
    let mut play = Play::new(Waits::OPTIONS).await;
    for behind in BEHIND {
        let mut client = play.waits_in("handle_call").await;
        client.send("x".repeat(behind)).await;
        client.half_close().await;
        // No event shows that the server has seen it.
        sleep(Duration::from_millis(50)).await;
        assert!(play.told.is_empty());
        client.reset();
        play.told("Reset").await;
    }
}

#[tokio::test]
async fn without_half_close_the_end_of_input_cuts_any_callback_that_waits() {
    for behind in BEHIND {
        for callback in CALLBACKS {
            let mut play = Play::new(Waits::OPTIONS.half_close(false)).await;
            let mut client = play.waits_in(callback).await;
            client.send("x".repeat(behind)).await;
            client.half_close().await;
            play.told("Peer").await;
        }
    }
}

#[tokio::test]
async fn with_half_close_the_end_of_input_cuts_nothing_and_all_is_answered() {
    let mut play = Play::new(Waits::OPTIONS).await;
    let mut client = play.waits_in("handle_call").await;
    client.send("hello\n").await;
    client.half_close().await;
    sleep(Duration::from_millis(50)).await;
    play.go.notify_one();
    client.expect("handle_call\nhello\n").await;
    client.expect_eof().await;
    play.told("Peer").await;
}

#[tokio::test]
async fn a_callback_may_wait_for_the_end_also_behind_unread_bytes() {
    for half_close in [true, false] {
        let mut play = Play::new(Waits::OPTIONS.half_close(half_close)).await;
        for behind in BEHIND {
            let mut client = play.client().await;
            client.send("\nclosed\n").await;
            play.told("waits").await;
            client.send("x".repeat(behind)).await;
            assert!(play.told.is_empty(), "it is still there");
            client.half_close().await;
            play.told("the peer left").await;
            // The client is answered anyway, as it may still read.
            client.expect("closed\n").await;
            client.expect_gone().await;
            play.told("Peer").await;
        }
    }
}

#[tokio::test]
async fn a_callback_that_waits_for_the_end_learns_of_a_reset_before_it_is_cut() {
    let mut play = Play::new(Waits::OPTIONS).await;
    let mut client = play.client().await;
    client.send("\nclosed\n").await;
    play.told("waits").await;
    client.reset();
    play.told("the peer left").await;
    play.told("Reset").await;
}

#[tokio::test]
async fn a_callback_may_wait_for_the_stop() {
    for line in ["stopping\n", "all\n"] {
        let mut play = Play::new(Waits::OPTIONS).await;
        let mut client = play.client().await;
        client.send(["\n", line].concat()).await;
        play.told("waits").await;
        let stop = play.server.stop();
        client.expect("it stops\n").await;
        play.told("stopping").await;
        play.go.notify_one();
        client.expect_eof().await;
        assert_eq!(stop.await.cut, 0);
    }
}

#[tokio::test]
async fn what_is_waited_for_beside_them_comes_all_the_same() {
    let mut play = Play::new(Waits::OPTIONS).await;
    let mut client = play.client().await;
    client.send("\nall\n").await;
    play.told("waits").await;
    client.call("hello\n", "received hello\n").await;
}

#[tokio::test]
async fn whoever_waits_elsewhere_learns_it_when_the_connection_has_ended() {
    for reset in [true, false] {
        let mut play = Play::new(Waits::OPTIONS).await;
        let mut client = play.client().await;
        client.call("\nelsewhere\n", "elsewhere\n").await;
        assert!(play.told.is_empty());
        if reset {
            client.reset();
        } else {
            drop(client);
        }
        let mut events = [next(&mut play.told).await.unwrap(), next(&mut play.told).await.unwrap()];
        events.sort();
        assert_eq!(events, [if reset { "Reset" } else { "Peer" }, "known elsewhere"]);
    }
}

/// In memory there are no resets, and no event announces an end after unread bytes: the server
/// checks for it.
#[tokio::test(start_paused = true)]
async fn it_is_the_same_in_memory() {
    for behind in [0, 1, 60_000] {
        let mut play = Play::new(Waits::OPTIONS.in_memory()).await;
        let mut client = Client::in_memory(&play.server).await;
        client.send("\nclosed\n").await;
        play.told("waits").await;
        client.send("x".repeat(behind)).await;
        client.half_close().await;
        play.told("the peer left").await;
        client.expect("closed\n").await;
        client.expect_eof().await;
        play.told("Peer").await;

        let mut play = Play::new(Waits::OPTIONS.half_close(false).in_memory()).await;
        let mut client = Client::in_memory(&play.server).await;
        client.send("\nhandle_call\n").await;
        play.told("handle_call").await;
        client.send("x".repeat(behind)).await;
        drop(client);
        play.told("Peer").await;
    }
}

async fn nothing_is_lost<T: AsyncRead + AsyncWrite + Unpin>(mut play: Play, mut client: Client<T>) {
    client.call("\nactive\n", "active\n").await;
    client.send("handle_call\n").await;
    play.told("handle_call").await;
    let lines: String = (0..100_000)
        .flat_map(|n: u32| [n.to_string(), "\n".to_owned()])
        .collect();
    let mut sending = pin!(async {
        let (mut reading, mut writing) = tokio::io::split(client.stream());
        let sending = tokio::io::AsyncWriteExt::write_all(&mut writing, lines.as_bytes());
        let mut answers = vec![0; "handle_call\n".len() + lines.len()];
        let receiving = tokio::io::AsyncReadExt::read_exact(&mut reading, &mut answers);
        let (sent, received) = tokio::join!(sending, receiving);
        sent.unwrap();
        received.unwrap();
        answers
    });
    let early = tokio::time::timeout(Duration::from_millis(100), sending.as_mut()).await;
    assert!(early.is_err(), "the call waits");
    play.go.notify_one();
    let answers = tokio::time::timeout(Duration::from_secs(20), sending)
        .await
        .expect("all is answered");
    let answers = String::from_utf8(answers).unwrap();
    assert!(answers == format!("handle_call\n{lines}"));
}

#[tokio::test]
async fn what_comes_while_a_callback_waits_is_handled_after_it() {
    let play = Play::new(Waits::OPTIONS).await;
    let client = play.client().await;
    nothing_is_lost(play, client).await;
    let play = Play::new(Waits::OPTIONS.in_memory()).await;
    let client = Client::in_memory(&play.server).await;
    nothing_is_lost(play, client).await;
}

#[tokio::test]
async fn a_callback_that_waits_is_not_polled_again_and_again_for_bytes_that_stay_unread() {
    let mut play = Play::new(Waits::OPTIONS).await;
    let mut client = play.waits_in("handle_call").await;
    client.send("x".repeat(500_000)).await;
    sleep(Duration::from_millis(300)).await;
    let before = play.polls.load(SeqCst);
    sleep(Duration::from_millis(2500)).await;
    let polls = play.polls.load(SeqCst) - before;
    assert!(polls <= 10, "{polls} polls");
    client.half_close().await;
    let before = play.polls.load(SeqCst);
    sleep(Duration::from_millis(2500)).await;
    let polls = play.polls.load(SeqCst) - before;
    assert!(polls <= 10, "{polls} polls after the end");
}

/// Takes frames when a message says so.
struct Passive(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), active = once)]
impl Passive {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn handle_info(&self, _message: ()) -> Action {
        noreply
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

#[tokio::test]
async fn a_connection_that_takes_no_frames_ends_at_a_reset() {
    let (ends, mut told) = unbounded_channel();
    let server = start(Passive(ends)).await.unwrap();
    for behind in BEHIND {
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\n", "hello\n").await;
        client.send("x".repeat(behind)).await;
        client.reset();
        assert_eq!(next(&mut told).await, Some(CloseReason::Reset));
    }
}

/// Calls that borrow their frame wait too, and so do those that poll only what was woken.
struct Lent(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 2)]
impl Lent {
    fn connected(&self) {}

    async fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"wait" => pending().await,
            data => reply(data),
        }
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

#[tokio::test]
async fn peers_that_leave_while_their_calls_wait_free_their_places() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Lent(ends), Lent::OPTIONS.half_close(false))).await.unwrap();
    for round in 0..3 {
        let mut clients = [
            Client::connect(server.local_addr()).await,
            Client::connect(server.local_addr()).await,
        ];
        for client in &mut clients {
            client.call("hello\n", "hello\n").await;
            client.send("wait\n").await;
        }
        let [one, other] = clients;
        one.reset();
        drop(other);
        let mut ends = [next(&mut told).await.unwrap(), next(&mut told).await.unwrap()];
        ends.sort_by_key(|end| format!("{end:?}"));
        assert_eq!(ends, [CloseReason::Peer, CloseReason::Reset], "round {round}");
    }
}

/// Polls a receive and the wait for the end together, each only after its own wake-up.
struct Picky(UnboundedSender<oneshot::Sender<()>>);

#[tcp_server(port = 0, packet = line(lf))]
impl Picky {
    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action> {
        if data != "join" {
            return Ok(reply(data.to_owned()));
        }
        let (go, gone) = oneshot::channel();
        let _ = self.0.send(go);
        let closed = socket.closed();
        let mut waits = tokio::task::JoinSet::new();
        waits.spawn(closed);
        let received = socket.recv().await?;
        drop(gone.await);
        waits.join_next().await;
        Ok(reply(("received ", received.unwrap_or_default())))
    }
}

#[tokio::test]
async fn an_end_that_came_before_it_is_asked_for_is_known() {
    let (joins, mut told) = unbounded_channel();
    let server = start(Picky(joins)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("join\nlast\n").await;
    let go = next(&mut told).await.unwrap();
    client.half_close().await;
    go.send(()).unwrap();
    client.expect("received last\n").await;
    client.expect_eof().await;
}
