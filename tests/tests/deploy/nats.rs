//! A nats-server of a test's own, which can be stopped, killed and started again.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use kai_tcp_server_tests::{Example, available, eventually};

pub(crate) fn is_there() -> bool {
    available("nats-server", &["--version"], "the Debian package nats-server")
}

/// Dropping it kills the process.
pub(crate) struct Nats {
    addr: SocketAddr,
    process: Option<Example>,
}

impl Nats {
    pub(crate) async fn start(addr: SocketAddr) -> Self {
        let mut nats = Nats { addr, process: None };
        nats.start_again().await;
        nats
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.addr)
    }

    /// Starts it at the same address, and waits until it greets.
    pub(crate) async fn start_again(&mut self) {
        let (ip, port) = (self.addr.ip().to_string(), self.addr.port().to_string());
        self.process = Some(Example::run(Command::new("nats-server").args(["-a", &ip, "-p", &port])));
        eventually("nats-server greets", || greets(self.addr).is_some()).await;
    }

    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Sends a signal: `STOP` lets it stand still, `CONT` go on.
    pub(crate) fn signal(&self, signal: &str) {
        self.process.as_ref().expect("it runs").signal(signal);
    }
}

fn greets(addr: SocketAddr) -> Option<()> {
    let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    line.starts_with("INFO ").then_some(())
}
