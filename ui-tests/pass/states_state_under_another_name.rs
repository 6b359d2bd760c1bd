//! A variable hides the parameter, and stands beside the frame.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        let state = match state {
            Phase::Hello => 0,
            Phase::Ready => 1,
        };
        match (state, data) {
            (0, b"hello") => reply("hello").next(Phase::Ready),
            (0, _) => reply("hello first"),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
