//! Frames after the one whose call stops the server.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::OnceLock;

use kai_tcp_server::{Action, Options, Server, TcpServer, start, tcp_server, with};
use kai_tcp_server_tests::Client;

/// Stops its server on request.
#[derive(Default)]
struct Stops(OnceLock<Server>);

impl Stops {
    fn answer<'a>(&self, data: &'a [u8]) -> Action<'a> {
        if data == b"stop" {
            drop(self.0.get().expect("it runs").stop());
        }
        Action::reply(data)
    }
}

struct Plain(&'static Stops);

#[tcp_server(port = 0, packet = line(lf))]
impl Plain {
    fn handle_call(&self, data: &[u8]) -> Action {
        self.0.answer(data)
    }
}

struct Async(&'static Stops);

#[tcp_server(port = 0, packet = line(lf))]
impl Async {
    async fn handle_call(&self, data: &[u8]) -> Action {
        if data == b"wait" {
            tokio::task::yield_now().await;
        }
        self.0.answer(data)
    }
}

async fn is_the_last<S: TcpServer>(options: Options, server: fn(&'static Stops) -> S) {
    let stops: &'static Stops = Box::leak(Box::default());
    let server = start(with(server(stops), options.in_memory())).await.unwrap();
    assert!(stops.0.set(server.clone()).is_ok());
    let mut client = Client::in_memory(&server).await;
    client.send("a\nstop\nb\nc\n").await;
    assert_eq!(client.rest().await, b"a\nstop\n");
    server.wait().await.unwrap();
    assert_eq!(server.info().calls, 2);
}

#[tokio::test]
async fn the_call_that_stops_its_server_is_the_last_of_those_that_came_together() {
    is_the_last(Plain::OPTIONS, Plain).await;
    is_the_last(Async::OPTIONS, Async).await;
}
