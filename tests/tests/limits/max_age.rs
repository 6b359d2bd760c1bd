//! `max_age`: the longest life of a connection, and the end after it.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{Action, CloseReason, Options, Peer, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

struct Mortal {
    ends: UnboundedSender<CloseReason>,
    /// The duration of a greeting.
    greeting: Duration,
}

#[tcp_server(port = 0, packet = line(lf), max_age = "10s", recv_timeout = infinity)]
impl Mortal {
    async fn connected(&self, socket: &mut Socket, peer: Peer<Duration>) -> kai_tcp_server::Result<Peer<Duration>> {
        sleep(self.greeting).await;
        socket.send("welcome").await?;
        Ok(peer)
    }

    async fn handle_call(&self, data: &str, peer: &mut Peer<Duration>) -> Action {
        match data {
            "work" => sleep(3 * SECOND).await,
            "messages" => peer.send(SECOND).unwrap(),
            "messages at once" => peer.send(Duration::ZERO).unwrap(),
            "much" => return reply("x".repeat(1024 * 1024)),
            _ => {}
        }
        reply(data.to_owned())
    }

    /// Sends the next message for each message.
    async fn handle_info(&self, pause: Duration, peer: &mut Peer<Duration>) -> Action {
        if !pause.is_zero() {
            sleep(pause).await;
        }
        peer.send(pause).unwrap();
        noreply
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.ends.send(reason);
    }
}

async fn mortal(
    options: Options,
    greeting: Duration,
) -> (Server, Client<DuplexStream>, UnboundedReceiver<CloseReason>) {
    let (ends, told) = unbounded_channel();
    let server = start(with(Mortal { ends, greeting }, options.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.expect("welcome\n").await;
    (server, client, told)
}

/// Checks that the connection ends for its age after this number of seconds, and that nothing more
/// is sent to it.
async fn ends_in(seconds: u64, client: &mut Client<DuplexStream>, told: &mut UnboundedReceiver<CloseReason>) {
    let begin = Instant::now();
    client.expect_eof().await;
    assert_eq!(next(told).await, Some(CloseReason::MaxAge));
    assert_eq!(begin.elapsed().as_secs(), seconds);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_at_that_age() {
    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, Duration::ZERO).await;
    ends_in(10, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_renews_it() {
    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, Duration::ZERO).await;
    for _ in 0..9 {
        sleep(SECOND).await;
        client.call("hello\n", "hello\n").await;
    }
    client.send("half").await;
    ends_in(1, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn the_call_that_runs_is_finished_and_those_behind_it_are_not_begun() {
    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, Duration::ZERO).await;
    client.send("work\n".repeat(10)).await;
    for _ in 0..4 {
        client.expect("work\n").await;
    }
    ends_in(0, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn a_greeting_is_part_of_its_life_and_is_finished_too() {
    let begin = Instant::now();
    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, 4 * SECOND).await;
    ends_in(6, &mut client, &mut told).await;
    assert_eq!(begin.elapsed().as_secs(), 10);

    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, 15 * SECOND).await;
    ends_in(0, &mut client, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn each_connection_has_an_age_of_its_own() {
    let (server, mut first, mut told) = mortal(Mortal::OPTIONS, Duration::ZERO).await;
    sleep(4 * SECOND).await;
    let mut second = Client::in_memory(&server).await;
    second.expect("welcome\n").await;
    ends_in(6, &mut first, &mut told).await;
    second.call("hello\n", "hello\n").await;
    ends_in(4, &mut second, &mut told).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_is_kept_busy_by_messages_ends_all_the_same() {
    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, Duration::ZERO).await;
    client.call("messages\n", "messages\n").await;
    ends_in(10, &mut client, &mut told).await;
}

/// The test uses real time, because paused time moves only while all tasks wait.
#[tokio::test]
async fn one_that_never_waits_ends_all_the_same() {
    let options = Mortal::OPTIONS.max_age(Duration::from_millis(200));
    let (_, mut client, mut told) = mortal(options, Duration::ZERO).await;
    client.call("messages at once\n", "messages at once\n").await;
    assert_eq!(next(&mut told).await, Some(CloseReason::MaxAge));
    client.expect_eof().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_replied_goes_out() {
    let (_, mut client, mut told) = mortal(Mortal::OPTIONS, Duration::ZERO).await;
    client.send("much\n").await;
    // It has read nothing when the time comes.
    sleep(11 * SECOND).await;
    assert_eq!(client.rest().await.len(), 1024 * 1024 + 1);
    assert_eq!(next(&mut told).await, Some(CloseReason::MaxAge));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_a_byte_now_and_then_lives_no_longer_than_send_timeout_after_it() {
    let options = Mortal::OPTIONS.send_timeout(5 * SECOND);
    let (_, mut client, mut told) = mortal(options, Duration::ZERO).await;
    let begin = Instant::now();
    client.send("much\n").await;
    while told.is_empty() {
        client.stream().read_exact(&mut [0; 10]).await.unwrap();
        sleep(SECOND / 10).await;
    }
    assert_eq!(begin.elapsed().as_secs(), 15);
    assert_eq!(next(&mut told).await, Some(CloseReason::MaxAge));
}

/// Blocks, as no handler should.
struct Blocking(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), max_age = "200ms")]
impl Blocking {
    fn connected(&self) {}

    fn handle_call(&self) -> Action {
        std::thread::sleep(Duration::from_millis(20));
        reply("done")
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

/// The test uses real time, because a call that never waits takes no paused time.
#[tokio::test]
async fn of_frames_that_came_together_those_behind_the_running_call_are_not_begun() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Blocking(ends), Blocking::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("work\n".repeat(100)).await;
    let calls = client.rest().await.len() / "done\n".len();
    assert!(calls <= 11, "{calls} calls of 20 ms in 200 ms");
    assert_eq!(next(&mut told).await, Some(CloseReason::MaxAge));
}
