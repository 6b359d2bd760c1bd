//! What the log says of limits of time. Alone in its process: while other threads log without a subscriber, events can get lost.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kai_tcp_server::{Action, Options, Socket, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tracing_subscriber::util::SubscriberInitExt;

struct Server;

#[tcp_server(port = 0, packet = line(lf))]
impl Server {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        match data {
            b"receive" => Ok(reply(socket.recv().await?.unwrap_or_default())),
            _ => pending().await,
        }
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

#[tokio::test(start_paused = true)]
async fn each_line_names_the_option_and_its_value() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .set_default();
    let five = Duration::from_secs(5);
    let ten = Duration::from_secs(10);
    let options = Server::OPTIONS.in_memory();
    let cases: [(Options, &str, &str); 5] = [
        (
            options.recv_timeout(ten),
            "half",
            "no whole frame came within recv_timeout 10s",
        ),
        (
            options.frame_timeout(five),
            "half",
            "no whole frame came within frame_timeout 5s",
        ),
        (
            options.recv_timeout(ten),
            "receive\nhalf",
            "nothing whole came within recv_timeout 10s",
        ),
        (
            options.frame_timeout(five),
            "receive\nhalf",
            "the rest of a frame didn't come within frame_timeout 5s",
        ),
        (
            options.call_timeout(five),
            "never\n",
            "handle_call failed: it took longer than call_timeout 5s",
        ),
    ];
    for (options, sent, line) in cases {
        log.0.lock().unwrap().clear();
        let server = start(with(Server, options)).await.unwrap();
        let mut client = Client::in_memory(&server).await;
        client.send(sent).await;
        client.expect_eof().await;
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
        assert!(
            matches!(warnings[..], [warning] if warning.contains(line)),
            "{line}: {text}"
        );
    }
}
