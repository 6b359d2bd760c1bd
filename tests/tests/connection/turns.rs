//! Frames and messages whose handling takes time.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{Action, Peer, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::time::{Instant, sleep};

/// Always has messages to handle, each of which takes a second.
struct Busy;

#[tcp_server(port = 0, packet = line(lf))]
impl Busy {
    fn connected(&self, peer: Peer<()>) -> Peer<()> {
        while peer.send(()).is_ok() {}
        peer
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    async fn handle_info(&self, (): (), peer: &mut Peer<()>) -> Action {
        sleep(Duration::from_secs(1)).await;
        let _ = peer.send(());
        noreply
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_came_during_a_message_is_next() {
    let server = start(with(Busy, Busy::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    sleep(Duration::from_millis(10_500)).await;
    let begin = Instant::now();
    client.call("a\n", "a\n").await;
    assert!(begin.elapsed() < Duration::from_secs(1));
    // Frames that arrive together alternate with the messages.
    client.call("b\nc\n", "b\nc\n").await;
    assert!(begin.elapsed() < Duration::from_secs(4));
    client.half_close().await;
    client.expect_eof().await;
    assert!(begin.elapsed() < Duration::from_secs(6));
}

/// The answer to a message: more than may wait unsent.
static BLOCK: [u8; 66 * 1024] = [b'.'; 66 * 1024];

/// Always has messages to handle, whose answers the peer has to read before anything goes on.
struct Loud;

#[tcp_server(port = 0, packet = line(lf))]
impl Loud {
    fn connected(&self, peer: Peer<()>) -> Peer<()> {
        while peer.send(()).is_ok() {}
        peer
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn handle_info(&self, (): (), peer: &mut Peer<()>) -> Action {
        let _ = peer.send(());
        reply(&BLOCK[..])
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_has_its_turn_among_messages_that_each_hold_the_connection_up() {
    let server = start(with(Loud, Loud::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("a\n").await;
    let mut blocks = 0;
    while client.line().await != "a\n" {
        blocks += 1;
        assert!(blocks < 100, "the frame isn't read");
    }
}
