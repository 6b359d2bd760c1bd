//! Listeners that the program has: `start_on` and `on`.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::os::fd::OwnedFd;
use std::process::Command;

use kai_tcp_server::{Action, ErrorKind, LocalAddr, SuspendedPort, start_on, tcp_server, with};
use kai_tcp_server_tests::{Client, Example, Folder};
use tokio::net::TcpStream;

struct Echo;

// A port that nobody may have.
#[tcp_server(port = 1, ip = "192.0.2.1", listen = ["192.0.2.1:2"], packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data.to_vec())
    }
}

#[tokio::test]
async fn a_server_starts_on_each_kind_of_listener() {
    let folder = Folder::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = start_on(Echo, listener).await.unwrap();
    assert_eq!(server.local_addrs(), [LocalAddr::Ip(addr)]);
    Client::connect(addr).await.call("a\n", "a\n").await;
    server.stop().await;
    assert!(TcpStream::connect(addr).await.is_err(), "the server had it alone");

    let listener = tokio::net::TcpListener::bind("[::1]:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = start_on(Echo, listener).await.unwrap();
    Client::connect(addr).await.call("a\n", "a\n").await;
    server.stop().await;

    let listener = std::os::unix::net::UnixListener::bind(folder.path("e")).unwrap();
    let server = start_on(Echo, listener).await.unwrap();
    assert_eq!(server.local_addrs(), [LocalAddr::Unix(folder.path("e"))]);
    Client::at(folder.path("e")).await.call("a\n", "a\n").await;
    server.stop().await;
    assert!(folder.path("e").exists(), "the file is whose the listener was");

    let listener = tokio::net::UnixListener::bind(folder.path("f")).unwrap();
    let server = start_on(Echo, listener).await.unwrap();
    Client::at(folder.path("f")).await.call("a\n", "a\n").await;
    server.stop().await;
}

#[tokio::test]
async fn no_port_is_required_where_there_is_a_listener() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = start_on(with(Echo, kai_tcp_server::Options::new().max_processes(1)), listener)
        .await
        .unwrap();
    Client::connect(server.local_addr()).await.call("a\n", "a\n").await;
    assert!(server.reload(kai_tcp_server::Options::new().max_processes(2)).is_ok());
}

#[tokio::test]
async fn who_waits_at_a_listener_that_others_have_is_served_by_the_next() {
    let folder = Folder::new();
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = std::os::unix::net::UnixListener::bind(folder.path("e")).unwrap();
    let addr = tcp.local_addr().unwrap();
    for _ in 0..2 {
        let first = start_on(Echo, tcp.try_clone().unwrap()).await.unwrap();
        let second = start_on(Echo, unix.try_clone().unwrap()).await.unwrap();
        first.suspend(SuspendedPort::Released).unwrap();
        second.suspend(SuspendedPort::Released).unwrap();
        let (mut a, mut b) = (Client::connect(addr).await, Client::at(folder.path("e")).await);
        a.send("a\n").await;
        b.send("b\n").await;
        assert_eq!(first.stop().await.unserved, 0);
        assert_eq!(second.stop().await.unserved, 0);
        let first = start_on(Echo, tcp.try_clone().unwrap()).await.unwrap();
        let second = start_on(Echo, unix.try_clone().unwrap()).await.unwrap();
        a.expect("a\n").await;
        b.expect("b\n").await;
        first.stop().await;
        second.stop().await;
        // It takes new connections still.
        drop((Client::connect(addr).await, Client::at(folder.path("e")).await));
    }
}

#[tokio::test]
async fn a_released_listener_is_kept_for_the_resume() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = start_on(Echo, listener).await.unwrap();
    server.suspend(SuspendedPort::Released).unwrap();
    let mut waiting = Client::connect(server.local_addr()).await;
    waiting.send("a\n").await;
    server.resume().await.unwrap();
    waiting.expect("a\n").await;
}

#[tokio::test]
async fn what_does_not_listen_is_refused() {
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let none = std::os::unix::net::UnixListener::from(OwnedFd::from(stream));
    let error = start_on(Echo, none).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().starts_with("the listener is a connection"), "{error}");
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let none = std::net::TcpListener::from(OwnedFd::from(datagrams));
    let error = start_on(Echo, none).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the listener is a datagram socket"),
        "{error}"
    );
    let file = std::fs::File::open("/").unwrap();
    let none = std::net::TcpListener::from(OwnedFd::from(file));
    let error = start_on(Echo, none).await.unwrap_err();
    assert!(error.to_string().starts_with("the listener is no socket"), "{error}");
}

#[tokio::test]
async fn run_serves_a_listener_that_the_program_has() {
    let probe = Example::run(Command::new(env!("CARGO_BIN_EXE_listen_probe")).arg("given"));
    let addr = probe.addr();
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = Client::connect(addr).await;
        client.call("where\n", format!("{addr} of {addr}\n")).await;
        clients.push(client);
    }
    drop(clients);
    probe.signal("TERM");
    assert!(probe.wait().0);
}
