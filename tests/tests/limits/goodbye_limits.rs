//! A `stopping` that takes longer than a callback may.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::time::Duration;

use kai_tcp_server::{Action, Failure, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::time::Instant;

struct Slow;

#[tcp_server(port = 0, packet = line(lf), call_timeout = "2s", close_timeout = "30s", shutdown = "60s")]
impl Slow {
    fn connected(&self) {}

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    async fn stopping(&self) -> Action {
        pending().await
    }

    fn failed(&self, failure: &Failure) -> Action {
        reply(format_args!("{failure}"))
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_cut_after_call_timeout_where_that_is_shorter_and_failed_is_asked() {
    let server = start(with(Slow, Slow::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("hello\n", "hello\n").await;
    let begin = Instant::now();
    let stopping = server.stop();
    let said = client.line().await;
    assert!(said.contains("call_timeout 2s"), "{said}");
    client.expect_eof().await;
    assert_eq!(begin.elapsed().as_secs(), 2);
    assert_eq!(stopping.await.cut, 0);

    // Otherwise the rest of `close_timeout` is over, and nothing more is sent.
    let options = Slow::OPTIONS.close_timeout(Duration::from_secs(1)).in_memory();
    let server = start(with(Slow, options)).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("hello\n", "hello\n").await;
    let begin = Instant::now();
    let stopping = server.stop();
    client.expect_eof().await;
    assert_eq!(begin.elapsed().as_secs(), 1);
    drop(stopping);
}
