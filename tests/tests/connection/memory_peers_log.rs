//! What the log calls an in-memory connection.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, subscribe};

struct Echo;

#[tcp_server(port = 0, packet = line(lf), packet_size = 8)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// A writer that the log can write to while a test reads it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_line_about_an_in_memory_connection_calls_its_peer_memory() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone());
    let _guard = subscribe(subscriber.with_ansi(false).without_time().finish());
    let server = start(with(Echo, Echo::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("hello\n", "hello\n").await;
    client.send("much too long\n").await;
    client.expect_eof().await;
    drop(client);
    eventually("it is gone", || server.connections().is_empty()).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in ["connection accepted", "exceeds packet_size", "connection closed"] {
        let said: Vec<&str> = text.lines().filter(|said| said.contains(line)).collect();
        assert!(
            !said.is_empty() && said.iter().all(|said| said.contains("peer=memory")),
            "{line}: {text}"
        );
    }
    assert!(text.contains("Echo listens on memory, 8 connections"), "{text}");
    assert!(!text.contains("0.0.0.0"), "{text}");
}
