//! Time limits that start again, or change while their connection waits.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{Action, CloseReason, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

struct Limited(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "100s", send_timeout = "5s")]
impl Limited {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Action {
        match data {
            "hurry" => socket.set_recv_timeout(5 * SECOND),
            "read twice" => {
                for _ in 0..2 {
                    let begin = Instant::now();
                    let error = socket.read_u8().await.unwrap_err();
                    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
                    assert_eq!(begin.elapsed().as_secs(), 100);
                }
            }
            "work" => {
                sleep(20 * SECOND).await;
                return reply("x".repeat(1024 * 1024));
            }
            _ => {}
        }
        reply(data.to_owned())
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

async fn limited(options: kai_tcp_server::Options) -> (Server, Client<DuplexStream>, UnboundedReceiver<CloseReason>) {
    let (ends, told) = unbounded_channel();
    let server = start(with(Limited(ends), options.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    (server, client, told)
}

#[tokio::test(start_paused = true)]
async fn a_recv_timeout_that_a_handler_shortens_is_over_before_the_one_that_was_waited_for() {
    let (_, mut client, mut told) = limited(Limited::OPTIONS).await;
    client.call("hello\n", "hello\n").await;
    // Meanwhile it waits for the 100 s.
    sleep(SECOND).await;
    client.call("hurry\n", "hurry\n").await;
    let begin = Instant::now();
    assert_eq!(next(&mut told).await, Some(CloseReason::Timeout));
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_raw_read_behind_one_that_was_timed_out_has_all_its_time() {
    let (_, mut client, _told) = limited(Limited::OPTIONS).await;
    client.send("read twice\n").await;
    sleep(201 * SECOND).await;
    client.expect("read twice\n").await;
}

#[tokio::test(start_paused = true)]
async fn what_a_call_replies_that_ends_long_after_max_age_has_send_timeout_to_go_out() {
    let (_, mut client, mut told) = limited(Limited::OPTIONS.max_age(10 * SECOND)).await;
    client.send("work\n").await;
    // It reads nothing until 3 s after the reply.
    sleep(23 * SECOND).await;
    assert_eq!(client.rest().await.len(), 1024 * 1024 + 1);
    assert_eq!(next(&mut told).await, Some(CloseReason::MaxAge));
}
