//! An arm of a state behind one for any state.

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
            (_, "ehlo {name}") => reply(name).next(Phase::Ready),
            (Phase::Ready, "ehlo again") => reply("again"),
            (Phase::Ready, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
