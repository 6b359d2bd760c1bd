//! The log of refused connections.

#![cfg(target_os = "linux")] // all of 127.0.0.0/8 is this machine there
#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::{IpAddr, Ipv4Addr};

use kai_tcp_server::{Action, Cidr, Overload, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Log, eventually};
use tokio::net::TcpSocket;

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 2, max_per_ip = 1, overload = refuse)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test]
async fn of_each_kind_a_line_says_now_and_then_who_it_was_and_why() {
    const DENIED: &[Cidr] = &[Cidr::single(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)))];
    let log = Log::new();
    let server = start(with(Echo, Echo::OPTIONS.deny(DENIED).overload(Overload::Refuse)))
        .await
        .unwrap();
    let connect = async |last: u8| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, last], 0).into()).unwrap();
        Client::over(socket.connect(server.local_addr()).await.unwrap())
    };
    let mut first = connect(1).await;
    first.call("hello\n", "hello\n").await;
    for _ in 0..20 {
        connect(1).await.expect_gone().await;
        connect(9).await.expect_gone().await;
    }
    let mut second = connect(2).await;
    second.call("hello\n", "hello\n").await;
    for _ in 0..20 {
        connect(3).await.expect_eof().await;
    }
    eventually("all are counted", || {
        let refused = server.info().refused;
        (refused.per_ip, refused.denied, refused.overloaded) == (20, 20, 20)
    })
    .await;
    let text = log.text();
    for (peer, why) in [
        ("127.0.0.1", "its address has max_per_ip connections"),
        ("127.0.0.9", "allow and deny don't let its address in"),
        ("127.0.0.3", "all processes are busy"),
    ] {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(why)).collect();
        let said = format!("refused {peer}:");
        assert!(
            matches!(lines[..], [line] if line.contains("WARN") && line.contains(&said)),
            "{text}"
        );
    }
    assert!(!text.contains("ERROR"), "{text}");
}
