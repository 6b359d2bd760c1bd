//! A lost listener ends the server, so that no process seems alive without listening.

#![cfg(target_os = "linux")]
#![allow(clippy::unused_self)] // a callback's signature is given

use std::error::Error as _;
use std::net::{Shutdown, SocketAddr, TcpStream};

use kai_tcp_server::{Action, ErrorKind, Options, Overload, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, listener_of};

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 3)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Takes the listener away from a server.
fn lose(addr: SocketAddr) {
    listener_of(addr).shutdown(Shutdown::Both).unwrap();
}

async fn echo(options: Options) -> Server {
    start(with(Echo, options)).await.unwrap()
}

async fn ends_and_says_why(server: Server, child: &str) {
    let error = server.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RestartIntensity);
    let cause = error.source().unwrap().to_string();
    assert!(cause.starts_with(child), "{cause}");
    assert!(cause.contains("exited: error: Invalid argument"), "{cause}");
    TcpStream::connect(server.local_addr()).unwrap_err();
}

#[tokio::test]
async fn a_server_whose_listener_is_lost_ends_and_wait_says_why() {
    let server = echo(Echo::OPTIONS).await;
    lose(server.local_addr());
    ends_and_says_why(server, "acceptor_1").await;
}

#[tokio::test]
async fn its_connections_end_with_it() {
    let server = echo(Echo::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    lose(server.local_addr());
    ends_and_says_why(server, "acceptor_2").await;
    client.expect_gone().await;
}

#[tokio::test]
async fn one_that_is_busy_notices_through_its_refuser() {
    let server = echo(Echo::OPTIONS.max_processes(1).overload(Overload::Refuse)).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    lose(server.local_addr());
    ends_and_says_why(server, "refuser").await;
}
