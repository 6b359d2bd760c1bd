//! `allow`, `deny` and `max_per_ip`: connections are admitted by their address before any byte is
//! read.

#![cfg(target_os = "linux")] // all of 127.0.0.0/8 is this machine there
#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use kai_tcp_server::{Action, Cidr, Options, Overload, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::net::{TcpSocket, TcpStream};

/// Counts the connections that it greets.
#[derive(Default)]
struct Echo(Arc<AtomicUsize>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 100)]
impl Echo {
    fn connected(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn echo(options: Options) -> Server {
    start(with(Echo::default(), options)).await.unwrap()
}

/// Connects from an address of this machine.
async fn connect(from: &str, to: SocketAddr) -> Client {
    let from: IpAddr = from.parse().unwrap();
    let socket = if from.is_ipv4() {
        TcpSocket::new_v4().unwrap()
    } else {
        TcpSocket::new_v6().unwrap()
    };
    socket.bind((from, 0).into()).unwrap();
    let to = if from.is_ipv4() {
        ([127, 0, 0, 1], to.port()).into()
    } else {
        SocketAddr::from((Ipv6Addr::LOCALHOST, to.port()))
    };
    Client::over(socket.connect(to).await.unwrap())
}

async fn is_served(from: &str, server: &Server) -> Client {
    let mut client = connect(from, server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    client
}

async fn is_turned_away(from: &str, server: &Server) {
    connect(from, server.local_addr()).await.expect_gone().await;
}

fn blocks(texts: &[&str]) -> &'static [Cidr] {
    let blocks: Vec<Cidr> = texts.iter().map(|text| text.parse().unwrap()).collect();
    blocks.leak()
}

#[tokio::test]
async fn allow_lets_in_whom_it_lists_and_deny_prevails() {
    let greeted = Arc::new(AtomicUsize::new(0));
    let options = Echo::OPTIONS
        .ip(Ipv6Addr::UNSPECIFIED.into())
        .allow(blocks(&["127.0.0.0/29", "127.0.1.1"]))
        .deny(blocks(&["127.0.0.2", "127.0.0.4/31"]));
    let server = start(with(Echo(Arc::clone(&greeted)), options)).await.unwrap();
    let mut denied = 0;
    // All of them come as IPv4-mapped addresses.
    for (from, served) in [
        ("127.0.0.1", true),
        ("127.0.0.2", false),
        ("127.0.0.3", true),
        ("127.0.0.5", false),
        ("127.0.0.7", true),
        ("127.0.0.8", false),
        ("127.0.1.1", true),
        ("127.0.1.2", false),
        ("::1", false),
    ] {
        if served {
            is_served(from, &server).await;
        } else {
            denied += 1;
            is_turned_away(from, &server).await;
        }
        let refused = server.info().refused;
        assert_eq!(
            (refused.denied, refused.per_ip, refused.overloaded),
            (denied, 0, 0),
            "{from}"
        );
    }
    let info = server.info();
    assert_eq!((info.accepted, greeted.load(SeqCst)), (4, 4));
}

#[tokio::test]
async fn deny_alone_lets_in_everybody_else() {
    let options = Echo::OPTIONS
        .ip(Ipv6Addr::UNSPECIFIED.into())
        .deny(blocks(&["::1", "127.0.0.128/25"]));
    let server = echo(options).await;
    for from in ["127.0.0.1", "127.0.0.127", "127.0.1.128"] {
        is_served(from, &server).await;
    }
    for from in ["::1", "127.0.0.128", "127.0.0.255"] {
        is_turned_away(from, &server).await;
    }
    assert_eq!(server.info().refused.denied, 3);
}

#[tokio::test]
async fn max_per_ip_counts_each_address_by_itself_and_for_as_long_as_its_connections_last() {
    let server = echo(Echo::OPTIONS.ip(Ipv6Addr::UNSPECIFIED.into()).max_per_ip(2)).await;
    let mut refused = 0;
    for from in ["127.0.0.1", "127.0.0.2", "::1"] {
        for _ in 0..20 {
            let mut first = is_served(from, &server).await;
            let second = is_served(from, &server).await;
            refused += 1;
            is_turned_away(from, &server).await;
            first.call("still\n", "still\n").await;
            assert_eq!(server.info().refused.per_ip, refused);
            drop(second);
            eventually("the second has left", || server.info().curr_connections == 1).await;
            let third = is_served(from, &server).await;
            drop((first, third));
            eventually("all have left", || server.info().curr_connections == 0).await;
        }
    }
    let info = server.info();
    assert_eq!((info.accepted, info.refused.denied), (3 * 20 * 3, 0));
}

#[tokio::test]
async fn who_is_turned_away_uses_up_no_process() {
    let options = Echo::OPTIONS
        .max_processes(2)
        .max_per_ip(1)
        .deny(blocks(&["127.0.0.3"]));
    let server = echo(options).await;
    let _first = is_served("127.0.0.1", &server).await;
    for _ in 0..10 {
        is_turned_away("127.0.0.1", &server).await;
        is_turned_away("127.0.0.3", &server).await;
    }
    is_served("127.0.0.2", &server).await;
    let refused = server.info().refused;
    assert_eq!((refused.per_ip, refused.denied), (10, 10));
}

/// A connection from a denied address doesn't learn from the refusal's text that the server is
/// busy.
#[tokio::test]
async fn while_all_are_busy_addresses_are_judged_before() {
    let options = Echo::OPTIONS
        .max_processes(1)
        .overload(Overload::RefuseWith(b"busy\n"))
        .max_per_ip(1)
        .deny(blocks(&["127.0.0.3"]));
    let server = echo(options).await;
    let _first = is_served("127.0.0.1", &server).await;
    for from in ["127.0.0.3", "127.0.0.1"] {
        let mut stream = connect(from, server.local_addr()).await;
        assert!(stream.rest().await.is_empty());
    }
    for _ in 0..2 {
        let mut stream = connect("127.0.0.2", server.local_addr()).await;
        assert_eq!(stream.rest().await, b"busy\n");
    }
    let refused = server.info().refused;
    assert_eq!((refused.overloaded, refused.per_ip, refused.denied), (2, 1, 1));
}

#[tokio::test]
async fn connections_in_memory_have_no_address_and_are_let_in() {
    let options = Echo::OPTIONS
        .in_memory()
        .max_per_ip(1)
        .allow(blocks(&["10.0.0.0/8"]))
        .deny(blocks(&["0.0.0.0/0"]));
    let server = echo(options).await;
    let mut clients = [Client::in_memory(&server).await, Client::in_memory(&server).await];
    for client in &mut clients {
        client.call("hello\n", "hello\n").await;
    }
}

/// Connects without end from one address. Some connections close at once, some stay.
async fn flood(to: SocketAddr, stop: Arc<AtomicBool>) -> u64 {
    let mut held: Vec<TcpStream> = Vec::new();
    for n in 0.. {
        if stop.load(SeqCst) {
            return n;
        }
        if let Ok(stream) = TcpStream::connect(to).await {
            if n % 2 == 0 {
                held.push(stream);
            }
            held.truncate(200);
        }
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_that_floods_keeps_nobody_else_from_being_served() {
    let server = echo(Echo::OPTIONS.max_processes(8).max_per_ip(4)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = (0..2)
        .map(|_| tokio::spawn(flood(server.local_addr(), Arc::clone(&stop))))
        .collect();
    eventually("the flood is turned away", || server.info().refused.per_ip > 0).await;
    let mut stays = is_served("127.0.0.2", &server).await;
    for _ in 0..200 {
        is_served("127.0.0.2", &server).await;
        stays.call("still\n", "still\n").await;
    }
    let others = server
        .connections()
        .iter()
        .filter(|one| one.peer_addr.ip() == Some([127, 0, 0, 1].into()))
        .count();
    assert!(others <= 4, "{others}");
    stop.store(true, SeqCst);
    for flood in floods {
        assert!(flood.await.unwrap() > 0);
    }
}
