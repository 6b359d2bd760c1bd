//! A message leads to a state, and on from it.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Waits,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => reply("wait"),
            (Phase::Hello, _) => reply("hello first"),
            (Phase::Waits, _) => reply("wait"),
        }
    }
    fn handle_info(&self, open: bool) -> Action {
        if open { reply("come in").next(Phase::Hello) } else { reply("wait").next(Phase::Waits) }
    }
}

fn main() {
    let _ = Sink;
}
