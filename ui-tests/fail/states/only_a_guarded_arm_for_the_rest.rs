//! An arm for the rest of a state that has a guard.

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
            (Phase::Hello, data) if data.len() > 1 => reply(data).next(Phase::Ready),
            (Phase::Ready, b"quit") => close,
            (Phase::Ready, _) => reply("what?"),
        }
    }
}

fn main() {}
