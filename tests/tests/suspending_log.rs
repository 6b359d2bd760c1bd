//! What the log says of a server that is suspended. Alone in its process: while other threads log without a subscriber, events can get lost.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use kai_tcp_server::{Action, Server, SuspendedPort, start, tcp_server};
use kai_tcp_server_tests::{Client, eventually};
use tokio::net::TcpListener;
use tracing_subscriber::util::SubscriberInitExt;

struct Echo;

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// A writer that the log can write to while a test reads it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What it says of a subject, and forgets.
    fn take(&self, subject: &str) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(text).unwrap();
        let lines = text.lines().filter(|line| line.contains(subject));
        lines.map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Releases the port, and waits until another one can have it. (Whoever connected would wait for it.)
async fn release(server: &Server) {
    server.suspend(SuspendedPort::Released).unwrap();
    while TcpListener::bind(server.local_addr()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_change_is_told_once_and_those_who_waited_for_a_released_port_are_counted() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .set_default();
    let server = start(Echo).await.unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    let lines = log.take("suspended");
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
        lines.extend(log.take(""));
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
    // Where nobody waited nothing is said of it.
    server.resume().await.unwrap();
    release(&server).await;
    server.resume().await.unwrap();
    server.stop().await;
    let lines = log.take("waited for the port");
    assert!(lines.is_empty(), "{lines:?}");
}
