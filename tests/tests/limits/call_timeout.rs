//! `call_timeout`: the time limit of a callback, and the effect of exceeding it.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{
    Action, Active, BoxError, CloseReason, Error, ErrorKind, Failure, INFINITY, Peer, Result, Server, Socket, start,
    tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Reports its drop.
struct Guard<'a>(&'a UnboundedSender<String>, &'static str);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let _ = self.0.send(format!("dropped {}", self.1));
    }
}

/// Waits where a line says so, and replies with the failure.
struct Slow(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf), call_timeout = "5s", recv_timeout = infinity, active = 100, max_processes = 1)]
impl Slow {
    fn connected(&self, peer: Peer<String>) -> Peer<String> {
        peer
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket, peer: &mut Peer<String>) -> Result<Action> {
        let _guard = Guard(&self.0, "call");
        match data {
            "never" => pending().await,
            "reply and then never" => {
                socket.send("before").await?;
                pending::<()>().await;
            }
            "receive" => return Ok(reply(socket.recv().await?.unwrap_or_default())),
            "shortly" => sleep(3 * SECOND).await,
            "hurry" => {
                socket.set_call_timeout(SECOND);
                sleep(3 * SECOND).await;
            }
            "no hurry" => {
                socket.set_call_timeout(INFINITY);
                pending::<()>().await;
            }
            "passive" => socket.set_active(Active::Count(0)),
            "message" => peer.send("never".to_owned()).map_err(|_| "there is space")?,
            _ => {}
        }
        Ok(reply(data.to_owned()))
    }

    async fn handle_info(&self, message: String) -> Action {
        let _guard = Guard(&self.0, "info");
        pending::<()>().await;
        reply(message)
    }

    async fn passive(&self, socket: &mut Socket) -> Action {
        let _guard = Guard(&self.0, "passive");
        socket.set_active(Active::True);
        pending::<()>().await;
        noreply
    }

    fn failed(&self, failure: &Failure) -> Action {
        let Failure::Call(error) = failure else {
            return close;
        };
        let kind = error.downcast_ref::<Error>().map(Error::kind);
        assert_eq!(kind, Some(ErrorKind::CallTimeout));
        reply(format_args!("{error}"))
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(format!("{reason}"));
    }
}

async fn slow() -> (Server, Client<DuplexStream>, UnboundedReceiver<String>) {
    let (events, told) = unbounded_channel();
    let server = start(with(Slow(events), Slow::OPTIONS.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    (server, client, told)
}

/// Checks the next line, and that it comes after this number of seconds.
async fn comes_in(seconds: u64, client: &mut Client<DuplexStream>, line: &str) {
    let begin = Instant::now();
    client.expect(line).await;
    assert_eq!(begin.elapsed().as_secs(), seconds, "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_call_is_cut_when_it_takes_longer_and_a_reply_from_failed_lets_the_connection_go_on() {
    let (_, mut client, mut told) = slow().await;
    for _ in 0..3 {
        client.send("never\nhello\n").await;
        comes_in(5, &mut client, "handle_call took longer than call_timeout 5s\n").await;
        assert_eq!(next(&mut told).await.unwrap(), "dropped call");
        comes_in(0, &mut client, "hello\n").await;
        assert_eq!(next(&mut told).await.unwrap(), "dropped call");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_replied_before_goes_out() {
    let (_, mut client, _told) = slow().await;
    client.send("hello\nreply and then never\n").await;
    comes_in(0, &mut client, "hello\nbefore\n").await;
    comes_in(5, &mut client, "handle_call took longer than call_timeout 5s\n").await;
}

#[tokio::test(start_paused = true)]
async fn receiving_in_a_call_is_its_time_and_what_came_is_the_next_frame() {
    let (_, mut client, _told) = slow().await;
    client.send("receive\n").await;
    sleep(4 * SECOND).await;
    client.send("hal").await;
    comes_in(1, &mut client, "handle_call took longer than call_timeout 5s\n").await;
    client.call("f\n", "half\n").await;
}

#[tokio::test(start_paused = true)]
async fn each_call_has_all_its_time() {
    let (_, mut client, _told) = slow().await;
    // Together they take longer, one after another and with pauses between them.
    client.send("shortly\n".repeat(6)).await;
    for _ in 0..6 {
        comes_in(3, &mut client, "shortly\n").await;
    }
    for pause in [1, 2, 4, 60] {
        sleep(pause * SECOND).await;
        client.send("shortly\n").await;
        comes_in(3, &mut client, "shortly\n").await;
    }
    client.send("never\n").await;
    comes_in(5, &mut client, "handle_call took longer than call_timeout 5s\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_and_the_end_of_frames_are_cut_alike() {
    let (_, mut client, mut told) = slow().await;
    client.call("message\n", "message\n").await;
    comes_in(5, &mut client, "handle_info took longer than call_timeout 5s\n").await;
    client.call("passive\n", "passive\n").await;
    comes_in(5, &mut client, "passive took longer than call_timeout 5s\n").await;
    client.call("hello\n", "hello\n").await;
    for event in ["call", "info", "call", "passive", "call"] {
        assert_eq!(next(&mut told).await.unwrap(), format!("dropped {event}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_sets_it_from_the_next_callback_on() {
    let (_, mut client, _told) = slow().await;
    client.send("hurry\nnever\n").await;
    comes_in(3, &mut client, "hurry\n").await;
    comes_in(1, &mut client, "handle_call took longer than call_timeout 1s\n").await;
    client.send("no hurry\nreceive\n").await;
    comes_in(1, &mut client, "handle_call took longer than call_timeout 1s\n").await;
    sleep(Duration::from_hours(24)).await;
    client.call("hello\n", "hello\n").await;
}

/// Waits forever in the callback that the first line names.
struct Stuck(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf), call_timeout = "5s", max_processes = 1)]
impl Stuck {
    async fn connected(&self, socket: &mut Socket) -> Result<String> {
        let line = socket.recv().await?.unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line == "connected" {
            socket.send("welcome").await?;
            pending::<()>().await;
        }
        Ok(line)
    }

    async fn handle_call(&self, data: &[u8]) -> Result<Action, BoxError> {
        match data {
            b"fail" => Err("asked for".into()),
            b"never" => pending().await,
            data => Ok(reply(data)),
        }
    }

    async fn failed(&self, line: &mut String) -> Action {
        if line == "failed" { pending().await } else { close }
    }

    async fn closed(&self, line: String, reason: CloseReason) {
        let _ = self.0.send(format!("{reason}"));
        let _guard = Guard(&self.0, "closed");
        if line == "closed" {
            pending::<()>().await;
        }
    }
}

async fn stuck(line: &str) -> (Server, Client<DuplexStream>, UnboundedReceiver<String>) {
    let (events, told) = unbounded_channel();
    let server = start(with(Stuck(events), Stuck::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send(line).await;
    (server, client, told)
}

/// Checks that the only acceptor serves the next client.
async fn the_next_is_served(server: &Server) {
    let mut client = Client::in_memory(server).await;
    client.call("fine\nhello\n", "hello\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_greeting_that_takes_longer_ends_the_connection_and_closed_is_not_told() {
    let (server, mut client, mut told) = stuck("connected\n").await;
    comes_in(0, &mut client, "welcome\n").await;
    let begin = Instant::now();
    client.expect_eof().await;
    assert_eq!(begin.elapsed(), 5 * SECOND);
    the_next_is_served(&server).await;
    assert_eq!(next(&mut told).await.unwrap(), "closed by the peer");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_say_who_it_is_is_cut_as_well() {
    let (server, mut client, _told) = stuck("").await;
    let begin = Instant::now();
    client.expect_eof().await;
    assert_eq!(begin.elapsed(), 5 * SECOND);
    the_next_is_served(&server).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_reply_from_failed_it_closes() {
    let (server, mut client, mut told) = stuck("fine\nnever\n").await;
    let begin = Instant::now();
    client.expect_eof().await;
    assert_eq!(begin.elapsed(), 5 * SECOND);
    assert_eq!(next(&mut told).await.unwrap(), "a callback failed");
    the_next_is_served(&server).await;
}

#[tokio::test(start_paused = true)]
async fn failed_that_takes_longer_ends_the_connection() {
    let (server, mut client, mut told) = stuck("failed\nhello\nfail\n").await;
    let begin = Instant::now();
    comes_in(0, &mut client, "hello\n").await;
    client.expect_eof().await;
    assert_eq!(begin.elapsed(), 5 * SECOND);
    assert_eq!(next(&mut told).await.unwrap(), "a callback failed");
    the_next_is_served(&server).await;
}

#[tokio::test(start_paused = true)]
async fn closed_that_takes_longer_gives_the_acceptor_back() {
    let (server, client, mut told) = stuck("closed\n").await;
    drop(client);
    assert_eq!(next(&mut told).await.unwrap(), "closed by the peer");
    let begin = Instant::now();
    assert_eq!(next(&mut told).await.unwrap(), "dropped closed");
    assert_eq!(begin.elapsed(), 5 * SECOND);
    the_next_is_served(&server).await;
}

#[tokio::test(start_paused = true)]
async fn what_remains_of_closed_after_its_acceptor_was_killed_is_cut_as_well() {
    let (server, mut client, mut told) = stuck("closed\nhello\n").await;
    comes_in(0, &mut client, "hello\n").await;
    assert!(kill_acceptor(&server, 1));
    assert_eq!(next(&mut told).await.unwrap(), "the server stopped");
    let begin = Instant::now();
    assert_eq!(next(&mut told).await.unwrap(), "dropped closed");
    assert_eq!(begin.elapsed(), 5 * SECOND);
}
