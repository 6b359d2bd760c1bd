//! `overload`: a connection that comes while all processes are busy waits, or is refused with a
//! reason that the client can read.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::SocketAddr;
use std::time::Duration;

use kai_tcp_server::__private::kill_child;
use kai_tcp_server::{Action, Options, Overload, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 1, overload = refuse(b"busy\r\n"))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn echo(options: Options) -> Server {
    start(with(Echo, options)).await.unwrap()
}

async fn served(server: &Server) -> Client {
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    client
}

async fn refused(server: &Server) {
    Client::connect(server.local_addr()).await.expect_refused().await;
}

trait Refused {
    async fn expect_refused(&mut self);
}

impl Refused for Client {
    async fn expect_refused(&mut self) {
        self.expect("busy\r\n").await;
        self.expect_eof().await;
    }
}

#[tokio::test]
async fn refused_it_hears_why_is_counted_and_disturbs_nobody() {
    let server = echo(Echo::OPTIONS).await;
    let mut first = served(&server).await;
    for n in 1..=10 {
        refused(&server).await;
        first.call("still\n", "still\n").await;
        let info = server.info();
        assert_eq!(
            (info.refused.overloaded, info.accepted, info.curr_connections),
            (n, 1, 1)
        );
    }
    drop(first);
    eventually("the first has left", || server.info().curr_connections == 0).await;
    served(&server).await;
    assert_eq!(server.info().refused.overloaded, 10);
}

#[tokio::test]
async fn an_idle_acceptor_goes_before_the_refuser() {
    for max in [1, 3] {
        let server = echo(Echo::OPTIONS.max_processes(max)).await;
        for _ in 0..300 {
            let mut clients = Vec::new();
            for _ in 0..max {
                clients.push(served(&server).await);
            }
            drop(clients.pop());
            eventually("one has left", || server.info().curr_connections == max - 1).await;
            clients.push(served(&server).await);
            drop(clients);
            eventually("all have left", || server.info().curr_connections == 0).await;
        }
        assert_eq!(server.info().refused.overloaded, 0);
    }
}

#[tokio::test]
async fn no_reset_eats_the_words_of_who_has_sent_something_already() {
    let server = echo(Echo::OPTIONS).await;
    let _first = served(&server).await;
    // More than are refused at a time: each that is gone frees a slot for the next.
    for n in 1..=100 {
        let mut second = Client::connect(server.local_addr()).await;
        second.send("a command\n".repeat(100)).await;
        eventually("it is refused", || server.info().refused.overloaded == n).await;
        // If its connection were gone, the system would answer each of these with a reset.
        for _ in 0..3 {
            second.send("another\n").await;
            tokio::task::yield_now().await;
        }
        second.expect_refused().await;
    }
}

#[tokio::test]
async fn without_words_it_is_closed_in_good_order() {
    let server = echo(Echo::OPTIONS.overload(Overload::Refuse)).await;
    let _first = served(&server).await;
    let mut second = Client::connect(server.local_addr()).await;
    second.send("a command\n").await;
    second.expect_eof().await;
    assert_eq!(server.info().refused.overloaded, 1);
}

#[tokio::test]
async fn by_default_it_waits() {
    let server = echo(Options::new().port(0).max_processes(1)).await;
    let mut first = served(&server).await;
    let mut second = Client::connect(server.local_addr()).await;
    second.send("hello\n").await;
    first.call("still\n", "still\n").await;
    drop(first);
    second.expect("hello\n").await;
    assert_eq!(server.info().refused.overloaded, 0);
    assert!(!server.tree().to_string().contains("refuser"), "{}", server.tree());
}

/// Refused peers that never close their side, more than the server closes at a time.
#[tokio::test]
async fn peers_that_do_not_take_their_farewell_hold_up_neither_others_nor_a_stop() {
    let server = echo(Echo::OPTIONS).await;
    let mut first = served(&server).await;
    let mut stubborn = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let mut words = [0; 6];
        stream.read_exact(&mut words).await.unwrap();
        assert_eq!(&words, b"busy\r\n");
        stubborn.push(stream);
    }
    refused(&server).await;
    first.call("still\n", "still\n").await;
    drop(first);
    eventually("the first has left", || server.info().curr_connections == 0).await;
    let mut last = served(&server).await;
    // The server closes the connections although their peers stay.
    for stream in &mut stubborn {
        eventually_gone(stream).await;
    }
    last.call("still\n", "still\n").await;
    assert_eq!(server.info().refused.overloaded, 201);
}

/// Writes until the system reports that the other side is closed.
async fn eventually_gone(stream: &mut TcpStream) {
    let gone = async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), gone)
        .await
        .expect("a farewell takes a second");
}

#[tokio::test]
async fn a_stop_ends_the_refuser_and_its_farewells() {
    let server = echo(Echo::OPTIONS).await;
    let first = served(&server).await;
    assert!(server.tree().to_string().contains("refuser"), "{}", server.tree());
    let mut second = Client::connect(server.local_addr()).await;
    second.expect("busy\r\n").await;
    drop(first);
    let begin = std::time::Instant::now();
    server.stop().await;
    assert!(
        begin.elapsed() < Duration::from_millis(900),
        "a farewell takes a second"
    );
    second.expect_gone().await;
    TcpStream::connect(server.local_addr()).await.unwrap_err();
}

#[tokio::test]
async fn a_refuser_that_is_killed_comes_back() {
    let server = echo(Echo::OPTIONS).await;
    let mut first = served(&server).await;
    for n in 1..=3 {
        // Its lingering close continues.
        let mut second = Client::connect(server.local_addr()).await;
        second.expect("busy\r\n").await;
        assert!(kill_child(&server, "refuser"));
        second.expect_gone().await;
        refused(&server).await;
        first.call("still\n", "still\n").await;
        let info = server.info();
        assert_eq!((info.restarts, info.refused.overloaded), (n, 2 * n));
    }
    // Whether it lives or has just been killed, it takes the slot from no connection that can be
    // served.
    drop(first);
    eventually("the first has left", || server.info().curr_connections == 0).await;
    served(&server).await;
}

#[tokio::test]
async fn in_memory_it_is_the_same() {
    let server = echo(Echo::OPTIONS.in_memory()).await;
    let mut first = Client::in_memory(&server).await;
    first.call("hello\n", "hello\n").await;
    let mut second = Client::in_memory(&server).await;
    second.expect("busy\r\n").await;
    second.expect_eof().await;
    drop((first, second));
    eventually("the first has left", || server.info().curr_connections == 0).await;
    Client::in_memory(&server).await.call("hello\n", "hello\n").await;
}

#[tokio::test]
async fn it_follows_max_processes_as_that_changes() {
    let server = echo(Echo::OPTIONS.max_processes(3)).await;
    let mut clients = vec![served(&server).await, served(&server).await];
    server.set_max_processes(1).unwrap();
    refused(&server).await;
    drop(clients.pop());
    eventually("one has left", || server.info().curr_connections == 1).await;
    refused(&server).await;
    server.set_max_processes(2).unwrap();
    clients.push(served(&server).await);
    refused(&server).await;
    drop(clients);
    eventually("all have left", || server.info().curr_connections == 0).await;
    served(&server).await;
    assert_eq!(server.info().refused.overloaded, 3);
}

/// Connects once; returns whether the connection was served.
async fn try_once(addr: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(b"hello\n").await.unwrap();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await.unwrap();
    match &answer {
        b"hello\n" => true,
        b"busy\r\n" => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_churn_each_is_either_served_or_told() {
    let server = echo(Echo::OPTIONS.max_processes(2)).await;
    let addr = server.local_addr();
    let clients = (0..8).map(|_| {
        tokio::spawn(async move {
            let mut answered = 0;
            for _ in 0..200 {
                answered += u64::from(try_once(addr).await);
            }
            answered
        })
    });
    let mut answered = 0;
    for client in clients.collect::<Vec<_>>() {
        answered += client.await.unwrap();
    }
    let info = server.info();
    assert_eq!((info.accepted, info.refused.overloaded), (answered, 8 * 200 - answered));
    assert!(answered > 0);
}
