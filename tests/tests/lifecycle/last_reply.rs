//! The last reply of a connection whose server stops before the peer has read it.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};

/// More bytes than a connection buffers for a peer that doesn't read.
const MUCH: usize = 1024 * 1024;

struct Verbose;

#[tcp_server(port = 0, packet = raw)]
impl Verbose {
    fn handle_call(&self) -> Action {
        close("x".repeat(MUCH))
    }
}

#[tokio::test]
async fn a_stop_that_begins_while_the_last_reply_goes_out_does_not_cut_it() {
    let server = start(with(Verbose, Verbose::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("bye").await;
    eventually("it is called", || server.info().calls == 1).await;
    // As much as fits has been sent, the rest waits.
    client.expect("x").await;
    let stopping = server.stop();
    assert_eq!(client.rest().await.len(), MUCH - 1);
    let stopped = stopping.await;
    assert_eq!((stopped.finished, stopped.cut), (1, 0));
}
