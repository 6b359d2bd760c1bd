//! A state that is compared with, and that nothing leads to.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Ready, b"quit") => close,
            (Phase::Hello, b"hello") if matches!(state, Phase::Ready) => reply("hello"),
            _ => reply("what?"),
        }
    }
}

fn main() {}
