//! The log of a suspended server.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::{Action, Server, SuspendedPort, start, tcp_server};
use kai_tcp_server_tests::{Client, Log, eventually};
use tokio::net::TcpListener;

struct Echo;

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Returns the log's lines about a subject since the last call.
fn said(log: &Log, subject: &str) -> Vec<String> {
    let text = log.take();
    let lines = text.lines().filter(|line| line.contains(subject));
    lines.map(str::to_owned).collect()
}

/// Releases the port, and waits until another socket can bind it. (A client that connects would
/// wait for it.)
async fn release(server: &Server) {
    server.suspend(SuspendedPort::Released).unwrap();
    while TcpListener::bind(server.local_addr()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_change_is_told_once_and_those_who_waited_for_a_released_port_are_counted() {
    let log = Log::new();
    let server = start(Echo).await.unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    let lines = said(&log, "suspended");
    assert!(
        matches!(&lines[..], [line] if line.contains("its port is kept")),
        "{lines:?}"
    );
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(Client::connect(server.local_addr()).await);
    }
    server.suspend(SuspendedPort::Released).unwrap();
    server.suspend(SuspendedPort::Released).unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    for client in &mut waiting {
        client.expect_eof().await;
    }
    drop(waiting);
    let mut lines = Vec::new();
    eventually("it is told", || {
        lines.extend(said(&log, ""));
        lines.iter().any(|line| line.contains("closed unserved"))
    })
    .await;
    let told = "2 connections waited for the port that was released";
    assert!(lines.iter().any(|line| line.contains(told)), "{lines:?}");
    let suspended: Vec<_> = lines.iter().filter(|line| line.contains("is suspended")).collect();
    assert!(
        matches!(&suspended[..], [line] if line.contains("its port is released")),
        "{lines:?}"
    );
    // If no connection waited, the log doesn't mention any.
    server.resume().await.unwrap();
    release(&server).await;
    server.resume().await.unwrap();
    server.stop().await;
    let lines = said(&log, "waited for the port");
    assert!(lines.is_empty(), "{lines:?}");
}
