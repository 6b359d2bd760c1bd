//! A message leads to a ring of states.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ping,
    Pong,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Ping, b"ping") => reply("pong").next(Phase::Pong),
            (Phase::Pong, b"pong") => reply("ping").next(Phase::Ping),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }

    fn handle_info(&self, (): ()) -> Action {
        reply("game on").next(Phase::Ping)
    }
}

fn main() {
    let _ = Sink;
}
