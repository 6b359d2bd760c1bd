//! `passive`: called once when a count of frames has run out, after the call of the last frame.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{
    Action, Active, CloseReason, Failure, Options, Peer, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::DuplexStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Takes two frames. Frames and messages are commands; `then` sets the action of `passive`.
struct Rationed {
    begin: Option<Active>,
    peers: UnboundedSender<Peer<&'static str>>,
    events: UnboundedSender<String>,
    go: Arc<Semaphore>,
}

struct State {
    peer: Peer<&'static str>,
    then: String,
    times: usize,
}

#[tcp_server(port = 0, packet = line(lf), packet_size = 40, active = 2, max_processes = 1)]
impl Rationed {
    fn connected(&self, socket: &mut Socket, peer: Peer<&'static str>) -> State {
        if let Some(active) = self.begin {
            socket.set_active(active);
        }
        let _ = self.peers.send(peer.clone());
        State {
            peer,
            then: "tells".to_owned(),
            times: 0,
        }
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket, state: &mut State) -> Result<Action> {
        if let Some(then) = data.strip_prefix("then ") {
            then.clone_into(&mut state.then);
        }
        if data == "send" {
            state.peer.send("hello").unwrap();
        }
        self.command("call", data, socket).await
    }

    async fn handle_info(&self, message: &'static str, socket: &mut Socket) -> Result<Action> {
        self.command("info", message, socket).await
    }

    async fn passive(&self, socket: &mut Socket, state: &mut State) -> Result<Action> {
        state.times += 1;
        let then = state.then.clone();
        self.command("passive", &then, socket).await
    }

    fn failed(&self, failure: &Failure) -> Action {
        reply(failure.to_string())
    }

    fn closed(&self, state: State, reason: CloseReason) {
        let _ = self.events.send(format!("{reason:?} {}", state.times));
    }

    async fn command(&self, who: &str, what: &str, socket: &mut Socket) -> Result<Action<'static>> {
        match what {
            "once" => socket.set_active(Active::Once),
            "true" => socket.set_active(Active::True),
            "false" => socket.set_active(Active::False),
            "none" => socket.set_active(Active::Count(0)),
            "silently none" => {
                socket.set_active(Active::Count(0));
                return Ok(noreply);
            }
            "one" => socket.set_active(Active::Count(1)),
            "two" => socket.set_active(Active::Count(2)),
            "recv" => {
                let frame = socket.recv().await?.ok_or("no frame")?;
                return Ok(reply((who.to_owned(), " recv ", frame)));
            }
            "wait" => {
                let _ = self.events.send("waits".to_owned());
                self.go.acquire().await.unwrap().forget();
            }
            "close" => return Ok(close(format!("{who} closes"))),
            "fail" => return Err("asked for".into()),
            "panic" => panic!("asked for"),
            _ => {}
        }
        Ok(reply(format!("{who} {what}")))
    }
}

struct Play {
    client: Client<DuplexStream>,
    peer: Peer<&'static str>,
    peers: UnboundedReceiver<Peer<&'static str>>,
    events: UnboundedReceiver<String>,
    go: Arc<Semaphore>,
    server: Server,
}

async fn play_with(begin: Option<Active>, options: Options) -> Play {
    let ((peers, mut connected), (events, told)) = (unbounded_channel(), unbounded_channel());
    let go = Arc::new(Semaphore::new(0));
    let rationed = Rationed {
        begin,
        peers,
        events,
        go: Arc::clone(&go),
    };
    let server = start(with(rationed, options.in_memory())).await.unwrap();
    Play {
        client: Client::in_memory(&server).await,
        peer: next(&mut connected).await.unwrap(),
        peers: connected,
        events: told,
        go,
        server,
    }
}

async fn play() -> Play {
    play_with(None, Rationed::OPTIONS).await
}

impl Play {
    /// Sends a message and waits for its answer, which shows that nothing else came before.
    async fn message(&mut self, message: &'static str, answer: &str) {
        self.peer.send(message).unwrap();
        self.client.expect(answer).await;
    }

    async fn told(&mut self, event: &str) {
        assert_eq!(next(&mut self.events).await.as_deref(), Some(event));
    }
}

#[tokio::test]
async fn it_is_told_once_after_the_last_reply_and_before_anything_else() {
    let mut it = play().await;
    it.client.send("a\nsend\nc\nd\n").await;
    it.client.expect("call a\ncall send\npassive tells\ninfo hello\n").await;
    it.message("one", "info one\ncall c\npassive tells\n").await;
    it.message("hi", "info hi\n").await;
    it.message("true", "info true\ncall d\n").await;
    it.client.call("e\nf\ng\n", "call e\ncall f\ncall g\n").await;
}

#[tokio::test]
async fn in_it_the_connection_can_be_made_active_again() {
    let mut it = play().await;
    let answer = "call then two\ncall b\npassive two\ncall c\ncall d\npassive two\ncall e\n";
    it.client.call("then two\nb\nc\nd\ne\n", answer).await;
    let mut it = play().await;
    it.client
        .call("then once\nb\nc\nd\n", "call then once\ncall b\npassive once\ncall c\n")
        .await;
    it.message("hi", "info hi\n").await;
}

#[tokio::test]
async fn once_does_not_tell() {
    let mut it = play().await;
    it.client.call("once\nb\nc\n", "call once\ncall b\n").await;
    it.message("hi", "info hi\n").await;
    let mut it = play_with(Some(Active::Once), Rationed::OPTIONS).await;
    it.client.call("a\nb\n", "call a\n").await;
    it.message("hi", "info hi\n").await;
}

#[tokio::test]
async fn whose_last_call_sets_it_anew_is_not_told() {
    for (line, then) in [
        ("one", "call c\npassive tells\n"),
        ("once", "call c\n"),
        ("true", "call c\ncall d\n"),
        ("false", ""),
    ] {
        let mut it = play().await;
        it.client.send(format!("a\n{line}\nc\nd\n")).await;
        it.client.expect(format!("call a\ncall {line}\n{then}")).await;
        it.message("hi", "info hi\n").await;
    }
}

#[tokio::test]
async fn a_count_of_none_tells_at_once_as_often_as_it_is_set() {
    let mut it = play().await;
    it.client.call("none\nb\n", "call none\npassive tells\n").await;
    it.message("none", "info none\npassive tells\n").await;
    it.message("none", "info none\npassive tells\n").await;
    it.message("hi", "info hi\n").await;
    let mut it = play_with(Some(Active::Count(0)), Rationed::OPTIONS).await;
    it.client.send("a\n").await;
    it.client.expect("passive tells\n").await;
    it.message("hi", "info hi\n").await;
}

#[tokio::test]
async fn in_it_frames_can_be_received_and_are_not_counted() {
    let mut it = play().await;
    let answer = "call then recv\ncall b\npassive recv c\n";
    it.client.call("then recv\nb\nc\nd\n", answer).await;
    it.message("hi", "info hi\n").await;
    it.message("recv", "info recv d\n").await;
    it.message("two", "info two\n").await;
    // The message's own call takes one of the three.
    it.message("recv", "").await;
    it.client
        .call("e\nf\ng\nh\n", "info recv e\ncall f\ncall g\npassive recv h\n")
        .await;
}

#[tokio::test]
async fn frames_that_hold_nothing_or_are_not_utf8_count() {
    let mut it = play().await;
    it.client.call("\n\nc\n", "call \ncall \npassive tells\n").await;
    it.message("hi", "info hi\n").await;
    let mut it = play().await;
    let not_utf8 = "the frame is not UTF-8\n";
    it.client.send(b"\xff\n\xff\nc\n").await;
    it.client.expect(format!("{not_utf8}{not_utf8}passive tells\n")).await;
    it.message("hi", "info hi\n").await;
}

#[tokio::test]
async fn it_can_close_the_connection() {
    let mut it = play().await;
    it.client
        .call("then close\nb\nc\n", "call then close\ncall b\npassive closes\n")
        .await;
    it.client.expect_eof().await;
    it.told("Handler 1").await;
}

#[tokio::test]
async fn its_errors_ask_failed_and_it_is_not_told_again() {
    let mut it = play().await;
    it.client
        .call(
            "then fail\nb\nc\n",
            "call then fail\ncall b\na callback failed: asked for\n",
        )
        .await;
    it.message("hi", "info hi\n").await;
    it.message("one", "info one\ncall c\na callback failed: asked for\n")
        .await;
    it.client.half_close().await;
    it.peer.send("true").unwrap();
    it.told("Peer 2").await;
}

#[tokio::test]
async fn the_error_of_the_last_frame_is_told_before() {
    let mut it = play().await;
    it.client
        .call("a\nfail\nc\n", "call a\na callback failed: asked for\npassive tells\n")
        .await;
    it.message("hi", "info hi\n").await;
}

#[tokio::test]
async fn its_panic_closes_its_connection_alone() {
    let mut it = play().await;
    it.client.call("then panic\nb\nc\n", "call then panic\ncall b\n").await;
    it.client.expect_eof().await;
    it.told("Panic 1").await;
    let mut successor = Client::in_memory(&it.server).await;
    successor.call("a\nb\nc\n", "call a\ncall b\npassive tells\n").await;
    assert_eq!(it.server.info().restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn it_counts_as_a_running_call_when_the_server_stops() {
    let mut it = play().await;
    it.client.call("then wait\nb\nc\n", "call then wait\ncall b\n").await;
    it.told("waits").await;
    let stopping = it.server.stop();
    it.go.add_permits(1);
    let stopped = stopping.await;
    assert_eq!((stopped.finished, stopped.cut), (1, 0));
    it.client.expect("passive wait\n").await;
    it.client.expect_eof().await;
    it.told("Stopped 1").await;
}

#[tokio::test(start_paused = true)]
async fn it_is_cut_when_the_time_to_stop_is_over_or_the_connection_is_closed() {
    let mut it = play_with(None, Rationed::OPTIONS.shutdown(Duration::from_secs(1))).await;
    it.client.call("then wait\nb\nc\n", "call then wait\ncall b\n").await;
    it.told("waits").await;
    let stopped = it.server.stop().await;
    assert_eq!((stopped.finished, stopped.cut), (0, 1));
    it.told("Stopped 1").await;

    let mut it = play().await;
    it.client.call("then wait\nb\nc\n", "call then wait\ncall b\n").await;
    it.told("waits").await;
    it.peer.close();
    it.client.expect_eof().await;
    it.told("Kicked 1").await;
}

#[tokio::test]
async fn the_end_of_input_needs_an_active_connection_uses_up_no_count_and_tells_nothing() {
    let mut it = play().await;
    it.client.send("a\n").await;
    it.client.half_close().await;
    it.client.expect("call a\n").await;
    it.client.expect_eof().await;
    it.told("Peer 0").await;

    let mut it = play().await;
    it.client.send("a\nb\n").await;
    it.client.half_close().await;
    it.client.expect("call a\ncall b\npassive tells\n").await;
    it.message("hi", "info hi\n").await;
    assert!(it.events.try_recv().is_err(), "the close isn't noticed");
    it.message("one", "info one\n").await;
    it.client.expect_eof().await;
    it.told("Peer 1").await;
}

#[tokio::test]
async fn what_is_no_frame_behind_the_last_one_is_told_when_it_is_due() {
    let mut it = play().await;
    it.client.send(format!("a\nb\n{}", "x".repeat(41))).await;
    it.client.expect("call a\ncall b\npassive tells\n").await;
    it.message("hi", "info hi\n").await;
    it.message("one", "info one\na frame exceeds packet_size\n").await;
    it.client.expect_eof().await;
    it.told("TooLong 1").await;
}

#[tokio::test]
async fn nothing_of_a_closed_connection_is_told_later() {
    let mut it = play().await;
    it.client.call("send\nclose\nc\nd\n", "call send\n").await;
    it.client.expect("info hello\ncall closes\n").await;
    it.client.expect_eof().await;
    it.told("Handler 0").await;
    assert!(it.peer.send("late").is_err());

    // The same acceptor, with a new count.
    let mut successor = Client::in_memory(&it.server).await;
    let peer = next(&mut it.peers).await.unwrap();
    successor.call("a\nb\nc\n", "call a\ncall b\npassive tells\n").await;
    assert!(it.peer.send("late").is_err());
    peer.send("hi").unwrap();
    successor.expect("info hi\n").await;
}

/// A connection whose `passive` is called again and again delays neither replies nor the end.
#[tokio::test]
async fn told_without_end_it_sends_its_replies_and_can_be_stopped() {
    let mut it = play().await;
    it.client.call("then none\nb\n", "call then none\ncall b\n").await;
    for _ in 0..1000 {
        it.client.expect("passive none\n").await;
    }
    let stopped = it.server.stop().await;
    assert_eq!((stopped.finished, stopped.cut), (1, 0));
    assert!(it.client.rest().await.ends_with(b"passive none\n"));

    let mut it = play().await;
    it.client
        .call("then silently none\nb\n", "call then silently none\ncall b\n")
        .await;
    it.peer.close();
    it.client.expect_eof().await;
}
