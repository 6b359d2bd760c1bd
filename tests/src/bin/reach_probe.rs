//! Programs that serve with `run`, for the tests of what the log says of how to reach them. The
//! argument names the server. `Last`, which can be reached, is announced behind it.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::packet::Http;
use kai_tcp_server::{Action, ProtocolState, Result, run, tcp_server};
use tokio_util::codec::LinesCodec;

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

struct Lines;

#[tcp_server(port = 0, packet = line(crlf | lf), env = "REACH")]
impl Lines {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

struct Strict;

#[tcp_server(port = 0, packet = line(crlf))]
impl Strict {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

struct Ended;

#[tcp_server(port = 0, packet = line, delimiter = b'\0')]
impl Ended {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

struct Raw;

#[tcp_server(port = 0, packet = raw)]
impl Raw {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Bits;

#[tcp_server(port = 0, packet = raw(4))]
impl Bits {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(id: u32) if id > 0 => reply(data),
            _ => close,
        }
    }
}

struct Long;

#[tcp_server(port = 0, packet = 4)]
impl Long {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Web;

#[tcp_server(port = 0, packet = http, env = "REACH")]
impl Web {
    fn handle_call(&self, line: Http) -> Action {
        match line {
            Http::EndOfHeaders => close("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            _ => noreply,
        }
    }
}

struct Items;

#[tcp_server(port = 0, packet = LinesCodec)]
impl Items {
    fn handle_call(&self, line: String) -> Action {
        reply(line)
    }
}

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(packet = line(crlf))]
    Greeting,
    Blocks,
}

/// A server that begins with lines.
struct Phases;

#[tcp_server(port = 0, packet = 4, state = Phase)]
impl Phases {
    fn handle_call(&self, phase: Phase, data: &[u8]) -> Action {
        match (phase, data) {
            (Phase::Greeting, b"hello") => noreply.next(Phase::Blocks),
            (Phase::Blocks, data) => reply(data),
            _ => close,
        }
    }
}

struct Last;

#[tcp_server(port = 0, packet = line(lf))]
impl Last {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

fn main() -> Result {
    match std::env::args().nth(1).as_deref() {
        Some("Echo") => run((Echo, Last)),
        Some("Lines") => run((Lines, Last)),
        Some("Strict") => run((Strict, Last)),
        Some("Ended") => run((Ended, Last)),
        Some("Raw") => run((Raw, Last)),
        Some("Bits") => run((Bits, Last)),
        Some("Long") => run((Long, Last)),
        Some("Web") => run((Web, Last)),
        Some("Items") => run((Items, Last)),
        Some("Phases") => run((Phases, Last)),
        what => Err(format!("what is {what:?}?").into()),
    }
}
