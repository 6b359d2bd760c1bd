//! Two pairs of states that nothing leads to.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    A,
    B,
    C,
    D,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name),
            (Phase::A, b"next") => reply("b").next(Phase::B),
            (Phase::B, b"next") => reply("a").next(Phase::A),
            (Phase::C, b"next") => reply("d").next(Phase::D),
            (Phase::D, b"next") => self.back(),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }

    fn back(&self) -> Action {
        reply("c").next(Phase::C)
    }
}

fn main() {}
