//! The state stands in guards.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, PartialEq, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match data {
            b"hello" if state == Phase::Hello => reply("hello").next(Phase::Ready),
            b"quit" if matches!(state, Phase::Ready) => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
