//! `recv_timeout`: what it counts, what renews it, what it doesn't end.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{
    Action, Active, CloseReason, Failure, INFINITY, Options, Peer, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

struct Patient(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, recv_timeout = "10s")]
impl Patient {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Action {
        match data {
            "work\n" => sleep(Duration::from_hours(1)).await,
            "login\n" => socket.set_recv_timeout(100 * SECOND),
            "for ever\n" => socket.set_recv_timeout(INFINITY),
            _ => {}
        }
        reply(data.to_owned())
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

async fn patient(options: Options) -> (Server, Client<DuplexStream>, UnboundedReceiver<CloseReason>) {
    let (ends, told) = unbounded_channel();
    let server = start(with(Patient(ends), options.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    (server, client, told)
}

/// Checks that the connection ends with a timeout after this number of seconds, and that nothing
/// more is sent to it.
async fn ends_in(seconds: u64, client: &mut Client<DuplexStream>, told: &mut UnboundedReceiver<CloseReason>) {
    let begin = Instant::now();
    assert_eq!(next(told).await, Some(CloseReason::Timeout));
    assert_eq!(begin.elapsed().as_secs(), seconds);
    client.expect_eof().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_closed_after_recv_timeout_and_nothing_is_sent_to_it() {
    let (_, mut client, mut told) = patient(Patient::OPTIONS).await;
    ends_in(10, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn a_drip_of_bytes_does_not_renew_it() {
    let (_, mut client, mut told) = patient(Patient::OPTIONS).await;
    let begin = Instant::now();
    while told.try_recv().is_err() {
        client.send("x").await;
        sleep(SECOND / 10).await;
    }
    assert_eq!(begin.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn each_frame_renews_it_and_bytes_behind_the_frame_do_not() {
    let (_, mut client, mut told) = patient(Patient::OPTIONS).await;
    for _ in 0..10 {
        sleep(9 * SECOND).await;
        client.call("hello\n", "hello\n").await;
    }
    sleep(9 * SECOND).await;
    client.call("hello\nhalf of", "hello\n").await;
    sleep(9 * SECOND).await;
    client.send("the next").await;
    ends_in(1, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_call_does_not_count() {
    let (_, mut client, mut told) = patient(Patient::OPTIONS).await;
    sleep(9 * SECOND).await;
    client.send("work\nhal").await;
    sleep(Duration::from_hours(1)).await;
    client.expect("work\n").await;
    sleep(9 * SECOND).await;
    client.call("f\n", "half\n").await;
    ends_in(10, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn infinity_waits_for_ever() {
    let (_, mut client, _told) = patient(Patient::OPTIONS.recv_timeout(INFINITY)).await;
    sleep(Duration::from_hours(24 * 365)).await;
    client.call("hello\n", "hello\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_sets_it_for_the_state_of_its_protocol() {
    let (server, mut client, mut told) = patient(Patient::OPTIONS).await;
    client.call("login\n", "login\n").await;
    sleep(99 * SECOND).await;
    client.call("hello\n", "hello\n").await;
    ends_in(100, &mut client, &mut told).await;

    let mut client = Client::in_memory(&server).await;
    client.call("for ever\n", "for ever\n").await;
    sleep(Duration::from_hours(24)).await;
    client.call("login\n", "login\n").await;
    ends_in(100, &mut client, &mut told).await;

    // The setting was only that connection's.
    let mut client = Client::in_memory(&server).await;
    ends_in(10, &mut client, &mut told).await;
}

/// Allows a peer to exceed the limit three times.
struct Lenient(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "10s")]
impl Lenient {
    fn handle_call(&self, data: &[u8], waited: &mut u32) -> Action {
        *waited = 0;
        reply(data)
    }

    fn failed(&self, failure: &Failure, waited: &mut u32) -> Action {
        assert!(matches!(failure, Failure::Timeout));
        *waited += 1;
        if *waited == 3 {
            close("goodbye")
        } else {
            reply("still there?")
        }
    }

    fn closed(&self, _waited: u32, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_reply_from_failed_the_wait_begins_anew_and_what_came_is_kept() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Lenient(ends), Lenient::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    let begin = Instant::now();
    client.call("half ", "still there?\n").await;
    assert_eq!(begin.elapsed().as_secs(), 10);
    client.expect("still there?\n").await;
    assert_eq!(begin.elapsed().as_secs(), 20);
    client.call("a line\n", "half a line\n").await;
    client.expect("still there?\nstill there?\ngoodbye\n").await;
    assert_eq!(begin.elapsed().as_secs(), 50);
    client.expect_eof().await;
    assert_eq!(next(&mut told).await, Some(CloseReason::Timeout));
}

/// Takes one frame at a time, when messages say so.
struct Armed {
    peers: UnboundedSender<Peer<Active>>,
    ends: UnboundedSender<CloseReason>,
}

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "10s", active = once)]
impl Armed {
    fn connected(&self, peer: Peer<Active>) {
        let _ = self.peers.send(peer);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    /// Sets the mode; for `Active::True` it receives a frame instead.
    async fn handle_info(&self, message: Active, socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        if message == Active::True {
            return Ok(reply(("received ", socket.recv().await?.unwrap_or_default())));
        }
        socket.set_active(message);
        Ok(reply("set"))
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.ends.send(reason);
    }
}

struct Arming {
    client: Client<DuplexStream>,
    peer: Peer<Active>,
    told: UnboundedReceiver<CloseReason>,
}

async fn arming() -> Arming {
    let ((peers, mut connected), (ends, told)) = (unbounded_channel(), unbounded_channel());
    let server = start(with(Armed { peers, ends }, Armed::OPTIONS.in_memory()))
        .await
        .unwrap();
    Arming {
        client: Client::in_memory(&server).await,
        peer: next(&mut connected).await.unwrap(),
        told,
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_for_messages_alone_has_none_and_all_of_it_when_it_takes_frames_again() {
    let mut it = arming().await;
    sleep(9 * SECOND).await;
    it.client.call("a\n", "a\n").await;
    sleep(Duration::from_hours(1)).await;
    it.peer.send(Active::Once).unwrap();
    it.client.expect("set\n").await;
    ends_in(10, &mut it.client, &mut it.told).await;

    // No frame came before it was made passive; the time that it waited until then doesn't count.
    let mut it = arming().await;
    sleep(9 * SECOND).await;
    it.peer.send(Active::False).unwrap();
    it.client.expect("set\n").await;
    sleep(Duration::from_hours(1)).await;
    it.peer.send(Active::Once).unwrap();
    it.client.expect("set\n").await;
    sleep(9 * SECOND).await;
    it.client.call("a\n", "a\n").await;
    sleep(Duration::from_hours(1)).await;
    it.peer.send(Active::Count(1)).unwrap();
    it.client.expect("set\n").await;
    ends_in(10, &mut it.client, &mut it.told).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_message_receives_renews_it() {
    let mut it = arming().await;
    sleep(9 * SECOND).await;
    it.peer.send(Active::True).unwrap();
    sleep(5 * SECOND).await;
    it.client.call("a\n", "received a\n").await;
    ends_in(10, &mut it.client, &mut it.told).await;
}

/// Takes one frame, and then stays passive.
struct Last(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "10s", active = 1)]
impl Last {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn passive(&self) -> Action {
        reply("that was it")
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_no_frames_and_can_take_no_messages_has_it() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Last(ends), Last::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    sleep(9 * SECOND).await;
    client.call("a\nb\n", "a\nthat was it\n").await;
    ends_in(10, &mut client, &mut told).await;
}
