//! A program that listens where its environment says (`PROBE_LISTEN`), for the tests of inherited
//! sockets.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::fs;

use kai_tcp_server::{Action, Socket, on, run, tcp_server};

struct Probe;

#[tcp_server(port = 0, listen = ["127.0.0.1:0"], env = "PROBE", packet = line(lf))]
impl Probe {
    fn handle_call(&self, data: &str, socket: &mut Socket) -> Action {
        match data {
            "where" => {
                let addrs: Vec<String> = socket.server().local_addrs().iter().map(ToString::to_string).collect();
                reply(format!("{} of {}", socket.local_addr(), addrs.join(", ")))
            }
            "who" => reply(socket.peer_addr().to_string()),
            // The flags of the first descriptor that systemd passes, as an octal number.
            "flags" => {
                let info = fs::read_to_string("/proc/self/fdinfo/3").unwrap_or_default();
                let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
                reply(flags.unwrap_or_default().trim().to_owned())
            }
            data => reply(data.to_owned()),
        }
    }
}

/// A server without a port of its own.
struct Inherits;

#[tcp_server(listen = ["127.0.0.1:0"], env = "PROBE", packet = line(lf))]
impl Inherits {
    fn init(&mut self) {}

    fn handle_call(&self, data: &str, socket: &mut Socket) -> Action {
        Probe.handle_call(data, socket)
    }
}

fn main() -> kai_tcp_server::Result {
    match std::env::args().nth(1).as_deref() {
        Some("given") => {
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            run(on(Probe, listener))
        }
        Some("with a port") => run(Probe),
        _ => run(Inherits),
    }
}
