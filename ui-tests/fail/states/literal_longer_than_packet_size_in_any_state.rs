//! A frame that is too long for each state.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = line(lf))]
    Text,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), packet_size = 32, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"text") => reply("go on").next(Phase::Text),
            (_, b"0123456789012345678901234567890123456789") => reply("long"),
            _ => close,
        }
    }
}

fn main() {}
