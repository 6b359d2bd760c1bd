//! What the log says when all processes are busy. Alone in its process: while other threads log without a subscriber, events can get lost.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use kai_tcp_server::{Action, start, tcp_server};
use kai_tcp_server_tests::eventually;
use tracing_subscriber::util::SubscriberInitExt;

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 3)]
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
async fn connections_that_come_at_once_and_take_the_last_process_are_told_as_one_alone_is() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .set_default();
    let server = start(Echo).await.unwrap();
    // This thread is the server's: it has no turn until all are there.
    let _clients = [(); 3].map(|()| TcpStream::connect(server.local_addr()).unwrap());
    eventually("all are served", || server.info().curr_connections == 3).await;
    eventually("it is told", || {
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        text.contains("all 3 processes are busy: further connections wait")
    })
    .await;
}
