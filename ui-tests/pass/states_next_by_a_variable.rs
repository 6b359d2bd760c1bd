//! The next state is a variable.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
    Text,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => {
                let next = after(state);
                reply("hello").next(next)
            }
            (Phase::Ready | Phase::Text, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn after(state: Phase) -> Phase {
    match state {
        Phase::Hello => Phase::Ready,
        Phase::Ready | Phase::Text => Phase::Text,
    }
}

fn main() {
    let _ = Sink;
}
