//! The ends of connections: half-closed, reset, by the handler, by a crash; and the last reply
//! arrives.
//!
//! Longer than other files, as each way in which a connection ends is compared with the others.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{Action, CloseReason, Failure, Options, Peer, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

/// A test's channel for events, and the semaphore that slow calls wait for.
#[derive(Clone)]
struct Stage {
    events: UnboundedSender<String>,
    go: Arc<Semaphore>,
}

impl Stage {
    fn new() -> (Self, UnboundedReceiver<String>) {
        let (events, told) = unbounded_channel();
        let go = Arc::new(Semaphore::new(0));
        (Stage { events, go }, told)
    }

    fn tell(&self, event: impl Into<String>) {
        let _ = self.events.send(event.into());
    }

    async fn wait(&self, event: &str) {
        self.tell(event);
        self.go.acquire().await.unwrap().forget();
    }
}

struct Plain(Stage);

#[tcp_server(port = 0, packet = line(crlf))]
impl Plain {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        Ok(match data {
            "bye" => close("cya"),
            "close" => close,
            "error" => return Err("asked for".into()),
            "panic" => panic!("asked for"),
            "slow" => {
                self.0.wait("slow").await;
                reply("done")
            }
            "send for ever" => loop {
                socket.send("x".repeat(1000)).await?;
                tokio::task::yield_now().await;
            },
            data => reply(data.to_owned()),
        })
    }

    fn closed(&self, reason: CloseReason) {
        self.0.tell(format!("{reason:?}"));
    }
}

/// Records the same events, and takes messages.
struct Active(Stage);

#[tcp_server(port = 0, packet = line(crlf))]
impl Active {
    fn connected(&self, peer: Peer<&'static str>) -> Peer<&'static str> {
        peer
    }

    async fn handle_call(&self, data: &str, peer: &mut Peer<&'static str>) -> Action {
        match data {
            "slow" => {
                self.0.wait("slow").await;
                reply("done")
            }
            "tell" => {
                for message in ["one", "two", "three"] {
                    peer.send(message).unwrap();
                }
                reply("told")
            }
            data => reply(data.to_owned()),
        }
    }

    fn handle_info(&self, message: &'static str) -> Action {
        reply(message)
    }

    fn closed(&self, reason: CloseReason) {
        self.0.tell(format!("{reason:?}"));
    }
}

struct Play {
    server: Server,
    stage: Stage,
    told: UnboundedReceiver<String>,
}

impl Play {
    async fn plain(options: Options) -> Self {
        let (stage, told) = Stage::new();
        let server = start(with(Plain(stage.clone()), options)).await.unwrap();
        Play { server, stage, told }
    }

    async fn active() -> Self {
        let (stage, told) = Stage::new();
        let server = start(Active(stage.clone())).await.unwrap();
        Play { server, stage, told }
    }

    async fn client(&self) -> Client {
        Client::connect(self.server.local_addr()).await
    }

    async fn told(&mut self, event: &str) {
        assert_eq!(next(&mut self.told).await.as_deref(), Some(event));
    }

    /// Checks that no event comes after the end of the server.
    async fn nothing_more(mut self) {
        self.server.stop().await;
        assert_eq!(self.told.try_recv().ok(), None);
    }
}

#[tokio::test]
async fn a_peer_that_has_half_closed_gets_all_its_replies() {
    let mut play = Play::plain(Plain::OPTIONS).await;
    let mut client = play.client().await;
    client.send("a\r\nslow\r\nb\r\n").await;
    client.half_close().await;
    play.told("slow").await;
    client.expect("a\r\n").await;
    play.stage.go.add_permits(1);
    client.expect("done\r\nb\r\n").await;
    client.expect_eof().await;
    play.told("Peer").await;
    play.nothing_more().await;
}

#[tokio::test]
async fn a_peer_of_an_active_server_that_has_half_closed_gets_all_its_replies() {
    let mut play = Play::active().await;
    let mut client = play.client().await;
    client.send("a\r\nslow\r\nb\r\n").await;
    client.half_close().await;
    play.told("slow").await;
    client.expect("a\r\n").await;
    play.stage.go.add_permits(1);
    client.expect("done\r\nb\r\n").await;
    client.expect_eof().await;
    play.told("Peer").await;
    play.nothing_more().await;
}

#[tokio::test]
async fn a_peer_that_has_half_closed_gets_what_its_own_calls_sent_to_its_mailbox() {
    let play = Play::active().await;
    let mut client = play.client().await;
    client.send("tell\r\n").await;
    client.half_close().await;
    client.expect("told\r\none\r\ntwo\r\nthree\r\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn replies_before_a_crash_go_out_before_the_connection_closes() {
    let mut play = Play::plain(Plain::OPTIONS.max_processes(1)).await;
    for (line, reason) in [("error", "Call"), ("panic", "Panic")] {
        let mut client = play.client().await;
        client.send(format!("hello\r\n{line}\r\nnever\r\n")).await;
        client.expect("hello\r\n").await;
        client.expect_eof().await;
        play.told(reason).await;
    }
    assert_eq!(play.server.info().restarts, 0, "the acceptor survives both");
    play.nothing_more().await;
}

#[tokio::test]
async fn what_follows_a_close_in_its_segment_is_not_called() {
    let mut play = Play::plain(Plain::OPTIONS).await;
    let mut client = play.client().await;
    client.send("a\r\nbye\r\nslow\r\n").await;
    client.expect("a\r\ncya\r\n").await;
    client.expect_eof().await;
    let mut client = play.client().await;
    client.send("a\r\nclose\r\nslow\r\n").await;
    client.expect("a\r\n").await;
    client.expect_eof().await;
    play.told("Handler").await;
    play.told("Handler").await;
    play.nothing_more().await;
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_frame_is_told_closed_exactly_once() {
    let mut play = Play::plain(Plain::OPTIONS).await;
    for (cut, reason) in [(false, "Peer"), (true, "Reset")] {
        let mut client = play.client().await;
        client.call("a\r\nhalf", "a\r\n").await;
        if cut {
            client.reset();
        } else {
            drop(client);
        }
        play.told(reason).await;
    }
    assert_eq!(play.server.info().calls, 2, "half a line is no call");
    play.nothing_more().await;
}

#[tokio::test]
async fn the_last_reply_arrives_though_input_is_left_unread() {
    let play = Play::plain(Plain::OPTIONS).await;
    for _ in 0..20 {
        let mut client = play.client().await;
        client.send(format!("bye\r\n{}", "left over\r\n".repeat(20_000))).await;
        client.expect("cya\r\n").await;
        client.expect_eof().await;
        // On a network a reset could have overtaken the reply.
        let error = client.stream().take_error().unwrap();
        assert!(error.is_none(), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_lingers_for_at_most_a_second() {
    let play = Play::plain(Plain::OPTIONS.in_memory()).await;
    let begin = Instant::now();
    let mut client = Client::in_memory(&play.server).await;
    client.call("bye\r\n", "cya\r\n").await;
    client.expect_eof().await;
    // Stays, and sends a byte now and then.
    while play.server.info().curr_connections > 0 {
        let _ = client.stream().write_all(b"x").await;
        sleep(Duration::from_millis(10)).await;
    }
    let took = begin.elapsed();
    assert!(
        took >= Duration::from_millis(900) && took <= Duration::from_millis(1100),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_close_lingers_for_at_most_a_mebibyte() {
    let play = Play::plain(Plain::OPTIONS.in_memory()).await;
    let mut client = Client::in_memory(&play.server).await;
    client.call("bye\r\n", "cya\r\n").await;
    client.expect_eof().await;
    let mut sent = 0;
    while client.stream().write_all(&[b'x'; 1024]).await.is_ok() {
        sent += 1024;
        assert!(sent <= 2 * 1024 * 1024, "it is drained for ever");
    }
    assert!(sent >= 1024 * 1024, "{sent} bytes");
    assert_eq!(play.server.info().curr_connections, 0);
}

#[tokio::test]
async fn a_send_to_a_peer_that_has_gone_is_an_error_that_ends_the_connection() {
    let mut play = Play::plain(Plain::OPTIONS).await;
    let mut client = play.client().await;
    client.send("send for ever\r\n").await;
    client.expect("x").await;
    drop(client);
    play.told("Reset").await;
    play.nothing_more().await;
}

#[tokio::test]
async fn end_of_input_cancels_no_call_and_a_reset_does() {
    let mut play = Play::plain(Plain::OPTIONS).await;
    let mut client = play.client().await;
    client.send("slow\r\n").await;
    play.told("slow").await;
    client.half_close().await;
    let mut other = play.client().await;
    other.call("a\r\n", "a\r\n").await;
    assert_eq!(play.server.info().curr_connections, 2, "the call runs on");
    client.reset();
    play.told("Reset").await;
    other.call("b\r\n", "b\r\n").await;
    drop(other);
    play.told("Peer").await;
    play.nothing_more().await;
}

/// Replies with its failures.
struct Polite(Stage);

#[tcp_server(port = 0, packet = line(crlf), packet_size = 10)]
impl Polite {
    fn connected(&self) {}

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn failed(&self, failure: &Failure) -> Action {
        reply(format_args!("ERROR {failure}"))
    }

    fn closed(&self, reason: CloseReason) {
        self.0.tell(format!("{reason:?}"));
    }
}

#[tokio::test]
async fn the_reply_to_a_frame_that_is_too_long_arrives_though_the_rest_of_it_is_unread() {
    let (stage, mut told) = Stage::new();
    let server = start(Polite(stage)).await.unwrap();
    for _ in 0..20 {
        let mut client = Client::connect(server.local_addr()).await;
        client.send("good\r\n").await;
        client.send("far too long ".repeat(20_000)).await;
        client.expect("good\r\nERROR a frame exceeds packet_size\r\n").await;
        client.expect_eof().await;
        assert_eq!(next(&mut told).await.unwrap(), "TooLong");
    }
}

/// Sends more than a client reads.
struct Torrent(Stage);

#[tcp_server(port = 0, packet = line(lf), packet_size = 100)]
impl Torrent {
    fn connected(&self) {}

    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"big" => reply(vec![b'x'; 1024 * 1024]),
            b"big and close" => close(vec![b'x'; 1024 * 1024]),
            data => reply(data),
        }
    }

    fn closed(&self, reason: CloseReason) {
        self.0.tell(format!("{reason:?}"));
    }
}

async fn torrent(options: Options) -> (Server, UnboundedReceiver<String>) {
    let (stage, told) = Stage::new();
    (start(with(Torrent(stage), options.in_memory())).await.unwrap(), told)
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_for_send_timeout_is_closed() {
    for line in ["big\n", "big and close\n"] {
        let (server, mut told) = torrent(Torrent::OPTIONS.send_timeout(Duration::from_secs(7))).await;
        let mut client = Client::in_memory(&server).await;
        let begin = Instant::now();
        client.send(line).await;
        let reason = next(&mut told).await.unwrap();
        assert_eq!(begin.elapsed().as_secs(), 7, "{line}");
        // If the handler closed, it is the reason.
        assert_eq!(reason, if line == "big\n" { "Timeout" } else { "Handler" });
        eventually("it has left", || server.info().curr_connections == 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_gets_everything() {
    let options = Torrent::OPTIONS
        .send_timeout(Duration::from_secs(7))
        .close_timeout(kai_tcp_server::INFINITY);
    let (server, mut told) = torrent(options).await;
    let mut client = Client::in_memory(&server).await;
    client.send("big and close\n").await;
    for _ in 0..16 {
        sleep(Duration::from_secs(6)).await;
        client.expect(vec![b'x'; 64 * 1024]).await;
    }
    client.expect("\n").await;
    client.expect_eof().await;
    assert_eq!(next(&mut told).await.unwrap(), "Handler");
}

#[tokio::test(start_paused = true)]
async fn a_blocked_write_is_ended_by_close_within_a_second() {
    for line in ["big\n", "big and close\n"] {
        let options = Torrent::OPTIONS
            .send_timeout(kai_tcp_server::INFINITY)
            .close_timeout(kai_tcp_server::INFINITY);
        let (server, mut told) = torrent(options).await;
        let mut client = Client::in_memory(&server).await;
        client.send(line).await;
        assert!(
            timeout(Duration::from_hours(1), told.recv()).await.is_err(),
            "it is blocked"
        );
        let begin = Instant::now();
        assert!(server.close(server.connections()[0].id));
        next(&mut told).await.unwrap();
        eventually("it has left", || server.info().curr_connections == 0).await;
        assert!(begin.elapsed() <= Duration::from_millis(1100), "{:?}", begin.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_not_read_from_and_its_calls_are_not_made() {
    let (server, _told) = torrent(Torrent::OPTIONS.send_timeout(kai_tcp_server::INFINITY)).await;
    let mut client = Client::in_memory(&server).await;
    client.send("big\n".repeat(100)).await;
    let flood = "more\n".repeat(100_000);
    let flood = client.stream().write_all(flood.as_bytes());
    assert!(
        timeout(Duration::from_hours(1), flood).await.is_err(),
        "it is held back"
    );
    let info = server.info();
    assert_eq!(info.calls, 1);
    // The most that one read takes.
    assert!(info.bytes_in <= 64 * 1024, "{} bytes were read", info.bytes_in);

    // Other connections aren't affected.
    let mut other = Client::in_memory(&server).await;
    other.call("hello\n", "hello\n").await;
    // Nothing is lost.
    for _ in 0..100 {
        client.expect(vec![b'x'; 1024 * 1024]).await;
        client.expect("\n").await;
    }
    client.expect("more\n").await;
}

#[tokio::test(start_paused = true)]
async fn small_replies_that_nobody_reads_stop_the_calls_too() {
    let (server, _told) = torrent(Torrent::OPTIONS.send_timeout(kai_tcp_server::INFINITY)).await;
    let mut client = Client::in_memory(&server).await;
    let lines = "0123456789abcde\n".repeat(100_000);
    let flood = client.stream().write_all(lines.as_bytes());
    assert!(
        timeout(Duration::from_hours(1), flood).await.is_err(),
        "it is held back"
    );
    // The bytes that the stream holds, those that wait to be sent, and those that were read and not
    // handled.
    let bytes_in = server.info().bytes_in;
    assert!(bytes_in <= (64 + 64 + 32) * 1024, "{bytes_in} bytes were read");
}
