//! Nothing leads on from a state that is the last.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(last)]
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => reply("hello").next(Phase::Ready),
            (Phase::Hello, _) => reply("hello first"),
            (Phase::Ready, line) => reply(line),
        }
    }
}

fn main() {
    let _ = Sink;
}
