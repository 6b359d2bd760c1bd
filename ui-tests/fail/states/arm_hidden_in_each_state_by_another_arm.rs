//! An arm for any state behind arms that have all states.

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
            (Phase::Hello, "noop{_..: bytes}") => reply("hello first").next(Phase::Ready),
            (Phase::Ready, "noop{_..: bytes}") => reply("done"),
            (_, b"noop now") => reply("now"),
            _ => close,
        }
    }
}

fn main() {}
