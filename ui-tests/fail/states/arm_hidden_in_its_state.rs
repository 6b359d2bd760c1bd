//! An arm behind one that takes all in its state.

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
            (Phase::Hello, "ehlo {name}") => reply(name).next(Phase::Ready),
            (Phase::Ready, line) => reply(line),
            (Phase::Ready, b"quit") => close,
            (Phase::Hello, _) => close,
        }
    }
}

fn main() {}
