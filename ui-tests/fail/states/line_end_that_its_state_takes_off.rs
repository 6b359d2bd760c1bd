//! A line end in a state that takes it off.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = line(lf))]
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello\n") => reply("hello\n").next(Phase::Ready),
            (Phase::Ready, b"quit\n") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
