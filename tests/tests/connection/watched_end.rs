//! A callback that could learn of the peer's end, and doesn't wait for it.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;

use kai_tcp_server::{Action, CloseReason, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

struct Deaf(UnboundedSender<Option<CloseReason>>);

#[tcp_server(port = 0, packet = line(lf), half_close = false)]
impl Deaf {
    fn connected(&self) {}

    async fn handle_call(&self, socket: &mut Socket) -> Action {
        let _closed = socket.closed();
        self.0.send(None).unwrap();
        pending().await
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(Some(reason));
    }
}

#[tokio::test]
async fn a_callback_that_has_a_wait_for_the_end_and_waits_for_something_else_is_cut() {
    let (events, mut told) = unbounded_channel();
    let server = start(with(Deaf(events.clone()), Deaf::OPTIONS)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("wait\n").await;
    assert_eq!(next(&mut told).await, Some(None));
    client.half_close().await;
    assert_eq!(next(&mut told).await, Some(Some(CloseReason::Peer)));

    let server = start(with(Deaf(events), Deaf::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("wait\n").await;
    assert_eq!(next(&mut told).await, Some(None));
    client.half_close().await;
    assert_eq!(next(&mut told).await, Some(Some(CloseReason::Peer)));
}
