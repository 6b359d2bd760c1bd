//! The name of a state is a keyword.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    r#Try,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => reply("hello").next(Phase::r#Try),
            (Phase::Hello, _) => reply("hello first"),
            (Phase::r#Try, _) => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
