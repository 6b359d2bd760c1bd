//! A state that no other leads to.

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
            (Phase::Hello, "ehlo {name}") => reply(name),
            (Phase::Ready, b"again") => reply("again").next(Phase::Ready),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
