//! Kai's own four cases, from `kai_tcp_server_SUITE`.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use kai_tcp_server::{Action, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};

struct Kai {
    served: AtomicUsize,
}

#[tcp_server(port = 0)]
impl Kai {
    fn handle_call(&self, data: &[u8]) -> Result<Action, &'static str> {
        self.served.fetch_add(1, SeqCst);
        Ok(match data {
            b"bye\r\n" => close(b"cya\r\n"),
            b"error\r\n" => return Err("an error, as asked for"),
            data => reply(data),
        })
    }
}

async fn kai(max_processes: usize) -> Server {
    let kai = Kai {
        served: AtomicUsize::new(0),
    };
    start(with(kai, Kai::OPTIONS.max_processes(max_processes)))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_single_connection_says_hello_and_bye() {
    let server = kai(1).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\r\n", "hello\r\n").await;
    client.call("bye\r\n", "cya\r\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn after_an_error_the_same_acceptor_serves_the_next_connection() {
    let server = kai(1).await;
    for _ in 0..20 {
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\r\n", "hello\r\n").await;
        client.send("error\r\n").await;
        client.expect_eof().await;
    }
    assert_eq!(server.info().restarts, 0, "an error is no death of an acceptor");
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\r\n", "hello\r\n").await;
}

#[tokio::test]
async fn one_acceptor_serves_10_000_connections_one_after_the_other() {
    let server = kai(1).await;
    for _ in 0..10_000 {
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\r\n", "hello\r\n").await;
    }
    eventually("all have left", || server.info().curr_connections == 0).await;
    let info = server.info();
    assert_eq!((info.accepted, info.calls, info.restarts), (10_000, 10_000, 0));
}

#[tokio::test]
async fn the_counter_says_5_of_10_and_0_when_they_have_left() {
    let server = kai(10).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\r\n", "hello\r\n").await;
        clients.push(client);
    }
    let info = server.info();
    assert_eq!((info.curr_connections, info.max_processes), (5, 10));
    drop(clients);
    eventually("the counter is 0", || server.info().curr_connections == 0).await;
}
