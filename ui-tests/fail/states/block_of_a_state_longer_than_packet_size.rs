//! The blocks of a state are longer than `packet_size`.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = raw(40))]
    Text,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), packet_size = 32, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"text") => reply("go on").next(Phase::Text),
            (Phase::Text, block) => reply(block).next(Phase::Hello),
            _ => close,
        }
    }
}

fn main() {}
