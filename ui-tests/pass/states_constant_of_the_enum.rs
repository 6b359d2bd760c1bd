//! A constant of the enum stands for a state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, PartialEq, Eq, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

impl Phase {
    const FIRST: Phase = Phase::Hello;
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::FIRST, b"hello") => reply("hello").next(Phase::Ready),
            (Phase::Hello, _) => reply("hello first").next(Phase::FIRST),
            (Phase::Ready, _) => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
