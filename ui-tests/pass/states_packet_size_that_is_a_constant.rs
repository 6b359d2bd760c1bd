//! `packet_size` is a constant of the server.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Text,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), packet_size = Self::LONGEST, state = Phase)]
impl Sink {
    const LONGEST: usize = 4 * 4;

    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"0123456789abcdef") => reply("sixteen").next(Phase::Text),
            (Phase::Text, block) => reply(block).next(Phase::Hello),
            _ => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
