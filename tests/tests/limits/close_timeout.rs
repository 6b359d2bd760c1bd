//! `close_timeout`: a connection ends in time, for whatever reason it ends and however slowly the
//! peer reads.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::time::Duration;

use kai_tcp_server::{
    Action, BoxError, CloseReason, Failure, INFINITY, Options, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const MUCH: usize = 1024 * 1024;

/// Ends in every way, and sends much before.
struct Talkative(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), packet_size = 100, close_timeout = "10s", send_timeout = "5s", shutdown = infinity)]
impl Talkative {
    fn connected(&self) -> bool {
        false
    }

    fn handle_call(&self, data: &str, sends: &mut bool) -> Result<Action, BoxError> {
        Ok(match data {
            "close" => close("x".repeat(MUCH)),
            "reply" => reply("x".repeat(MUCH)),
            "error" => return Err("asked for".into()),
            "panic" => panic!("asked for"),
            "sends" => {
                *sends = true;
                reply("sends")
            }
            data => reply(data.to_owned()),
        })
    }

    fn failed(&self, _failure: &Failure) -> Action {
        close("x".repeat(MUCH))
    }

    async fn stopping(&self, socket: &mut Socket, sends: &mut bool) -> Result<Action> {
        if *sends {
            loop {
                socket.send("x".repeat(MUCH)).await?;
            }
        }
        Ok(close("x".repeat(MUCH)))
    }

    fn closed(&self, _sends: bool, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

async fn talkative(options: Options) -> (Server, Client<DuplexStream>, UnboundedReceiver<CloseReason>) {
    let (ends, told) = unbounded_channel();
    let server = start(with(Talkative(ends), options.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    (server, client, told)
}

/// Reads a little again and again, until the connection has ended for this reason.
async fn ends_in(
    seconds: u64,
    client: &mut Client<DuplexStream>,
    told: &mut UnboundedReceiver<CloseReason>,
) -> CloseReason {
    let begin = Instant::now();
    while told.is_empty() {
        let _ = client.stream().read(&mut [0; 100]).await;
        sleep(SECOND / 10).await;
    }
    assert_eq!(begin.elapsed().as_secs(), seconds);
    next(told).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_a_little_now_and_then_is_gone_in_time_whatever_ended_it() {
    for (lines, reason) in [
        ("close\n", CloseReason::Handler),
        ("error\n", CloseReason::Call),
        ("reply\npanic\n", CloseReason::Panic),
    ] {
        let (server, mut client, mut told) = talkative(Talkative::OPTIONS).await;
        client.send(lines).await;
        if reason == CloseReason::Panic {
            // The bytes after such a long reply wait until it was read.
            client.expect("x".repeat(MUCH - 50_000)).await;
            assert_eq!(next(&mut told).await, Some(reason));
            continue;
        }
        assert_eq!(ends_in(10, &mut client, &mut told).await, reason);
        eventually("it has left", || server.info().curr_connections == 0).await;
    }
    let (_server, mut client, mut told) = talkative(Talkative::OPTIONS).await;
    client.send("x".repeat(200)).await;
    assert_eq!(ends_in(10, &mut client, &mut told).await, CloseReason::TooLong);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_waits_as_long_as_it_takes_is_over_in_time() {
    for line in ["stays\n", "sends\n"] {
        let (server, mut client, mut told) = talkative(Talkative::OPTIONS).await;
        client.call(line, line).await;
        let stop = server.stop();
        assert_eq!(
            ends_in(10, &mut client, &mut told).await,
            CloseReason::Stopped,
            "{line}"
        );
        stop.await;
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_minute_is_what_it_has_by_default() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Plain(ends), Plain::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("close\n").await;
    assert_eq!(ends_in(30, &mut client, &mut told).await, CloseReason::Handler);
}

#[tokio::test(start_paused = true)]
async fn max_age_ends_a_connection_that_closes_already() {
    let options = Talkative::OPTIONS.max_age(2 * SECOND).send_timeout(3 * SECOND);
    for (line, reason) in [("close\n", CloseReason::Handler), ("reply\n", CloseReason::MaxAge)] {
        let (_server, mut client, mut told) = talkative(options).await;
        client.send(line).await;
        assert_eq!(ends_in(5, &mut client, &mut told).await, reason);
    }
    // The limit is additional: the others still apply.
    let (_server, mut client, mut told) = talkative(options.close_timeout(4 * SECOND)).await;
    client.send("close\n").await;
    assert_eq!(ends_in(4, &mut client, &mut told).await, CloseReason::Handler);
    // The same without a limit for a peer that reads nothing.
    let (_server, mut client, mut told) = talkative(options.send_timeout(INFINITY)).await;
    client.send("reply\n").await;
    assert_eq!(ends_in(12, &mut client, &mut told).await, CloseReason::MaxAge);
}

#[tokio::test(start_paused = true)]
async fn one_that_lingers_is_part_of_it() {
    let (server, mut client, mut told) = talkative(Talkative::OPTIONS.close_timeout(SECOND / 2)).await;
    let begin = Instant::now();
    client.send("x".repeat(200)).await;
    client.expect("x".repeat(MUCH)).await;
    assert_eq!(next(&mut told).await, Some(CloseReason::TooLong));
    eventually("it has left", || server.info().curr_connections == 0).await;
    assert!(begin.elapsed() < SECOND, "{:?}", begin.elapsed());
}

/// A server without this option.
struct Plain(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf))]
impl Plain {
    fn connected(&self) {}

    fn handle_call(&self) -> Action {
        close("x".repeat(MUCH))
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

/// Waits forever in its end.
struct Stays(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), close_timeout = "10s", shutdown = infinity)]
impl Stays {
    fn connected(&self) {}

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    async fn stopping(&self) -> Action {
        pending().await
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopping_that_never_ends_is_cut_in_time_and_what_was_replied_goes_out() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Stays(ends), Stays::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("hello\n", "hello\n").await;
    let begin = Instant::now();
    let stop = server.stop();
    client.expect_eof().await;
    assert_eq!(begin.elapsed().as_secs(), 10);
    assert_eq!(next(&mut told).await, Some(CloseReason::Stopped));
    stop.await;
}
