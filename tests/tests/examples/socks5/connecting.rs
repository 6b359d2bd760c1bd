//! The time in which the proxy connects: clients that reset or end their side, and a stop.

use std::fs::read_to_string;

use kai_tcp_server_tests::{eventually, within};
use tokio::net::TcpStream;

use super::*;

/// A port at which connections wait, as the queue before it is full.
async fn silent() -> (TcpListener, SocketAddr, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().expect("sockets are left");
    socket.bind((LOCALHOST, 0).into()).expect("there is a free port");
    // The system queues one connection more than it is told.
    let listener = socket.listen(1).expect("it is bound");
    let addr = listener.local_addr().expect("it is bound");
    let mut queue = Vec::new();
    for _ in 0..2 {
        let connected = within("a place in the queue", TcpStream::connect(addr)).await;
        queue.push(connected.expect("the queue takes two"));
    }
    (listener, addr, queue)
}

/// Waits until the proxy tries to connect to an address at which connections wait.
async fn tries(addr: SocketAddr) {
    let SocketAddr::V4(target) = addr else {
        panic!("{addr} is not of IPv4");
    };
    // A line of this table has the peer as hexadecimal numbers, and then the state SYN_SENT.
    let ip = u32::from_ne_bytes(target.ip().octets());
    let trying = format!(" {ip:08X}:{:04X} 02 ", target.port());
    eventually("an attempt to connect", || {
        read_to_string("/proc/net/tcp").is_ok_and(|table| table.contains(&trying))
    })
    .await;
}

#[tokio::test]
async fn a_client_that_resets_ends_the_attempt_to_connect() {
    let (example, proxy) = start();
    let (_listener, addr, _queue) = silent().await;
    let mut client = greet(proxy).await;
    client.send(request(addr)).await;
    tries(addr).await;
    client.reset();
    // The attempt itself would end as `too late`.
    let line = example.line_with(&format!(" to {addr}: connecting; "));
    assert!(line.ends_with("; reset"), "{line}");
}

#[tokio::test]
async fn a_client_that_ends_its_side_while_the_proxy_connects_is_served() {
    let (_example, proxy) = start();
    let (listener, addr, queue) = silent().await;
    let mut client = greet(proxy).await;
    client.send([&request(addr)[..], b"how much?"].concat()).await;
    client.half_close().await;
    tries(addr).await;
    // Room for the proxy, whose system tries again every second or two.
    drop(queue);
    for _ in 0..2 {
        Client::accept(&listener).await;
    }
    let (mut target, bound) = Client::accept(&listener).await;
    assert_eq!(target.rest().await, b"how much?");
    target.send("five").await;
    drop(target);
    client.expect([&answer(0, bound)[..], b"five"].concat()).await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_stop_ends_attempts_and_what_is_passed_on() {
    let (example, proxy) = start_under(&[("SOCKS5_SHUTDOWN", "infinity")]);
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    talk(&mut client, &mut target).await;
    let (_full, addr, _queue) = silent().await;
    let mut waiting = greet(proxy).await;
    waiting.send(request(addr)).await;
    tries(addr).await;
    let mut greeted = greet(proxy).await;
    example.signal("TERM");
    client.expect_eof().await;
    target.expect_gone().await;
    greeted.expect_eof().await;
    waiting.expect(refusal(1)).await;
    waiting.expect_eof().await;
    drop((client, waiting, greeted));
    let (success, log) = example.wait();
    assert!(success, "{log:?}");
}
