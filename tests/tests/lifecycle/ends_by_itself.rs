//! A server that ends by itself after it has accepted connections that it doesn't serve yet.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, ErrorKind, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{eventually, next};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// More than the server has.
const ACCEPTORS: usize = 8;

/// Kills all acceptors on request.
struct Ends {
    server: OnceLock<Server>,
    /// The number of connections after a call has killed the acceptors, and at the end of the
    /// server.
    connections: UnboundedSender<usize>,
}

impl Ends {
    fn count(&self) {
        if let Some(server) = self.server.get() {
            let _ = self.connections.send(server.info().curr_connections);
        }
    }
}

#[tcp_server(port = 0, packet = line(lf), max_restarts = 0)]
impl Ends {
    fn connected(&self, socket: &mut Socket) {
        let _ = self.server.set(socket.server().clone());
    }

    fn handle_call(&self, data: &str) -> Action {
        if data == "kill" {
            for number in 1..=ACCEPTORS {
                kill_acceptor(self.server.get().unwrap(), number);
            }
            self.count();
        }
        noreply
    }

    fn terminate(&self) {
        self.count();
    }
}

/// All tasks run on one thread, so the served connection has its turn before any acceptor. It
/// accepts the other connections for the acceptors, and kills these before they can begin.
#[tokio::test]
async fn who_was_accepted_and_is_served_by_nobody_is_closed_before_terminate_is_called() {
    let (connections, mut told) = unbounded_channel();
    let ends = Ends {
        server: OnceLock::new(),
        connections,
    };
    let server = start(with(ends, Ends::OPTIONS)).await.unwrap();
    let mut client = TcpStream::connect(server.local_addr()).unwrap();
    client.write_all(b"hello\n").unwrap();
    eventually("it is served", || server.info().calls == 1).await;

    client.write_all(b"kill\n").unwrap();
    let others = [(); 2].map(|()| TcpStream::connect(server.local_addr()).unwrap());
    assert_eq!(next(&mut told).await, Some(3), "the others are accepted");
    assert_eq!(next(&mut told).await, Some(0), "when `terminate` is called");
    assert_eq!(server.wait().await.unwrap_err().kind(), ErrorKind::RestartIntensity);
    for mut other in others {
        other.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(other.read(&mut [0]).unwrap_or_default(), 0, "it is closed");
    }
}
