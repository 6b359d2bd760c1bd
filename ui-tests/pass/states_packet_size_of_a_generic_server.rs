//! `packet_size` depends on the type of the server.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Text,
}

struct Sink<const N: usize>;

#[tcp_server(port = 0, packet = line(crlf), packet_size = N, state = Phase)]
impl<const N: usize> Sink<N> {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"0123456789abcdef") => reply("sixteen").next(Phase::Text),
            (Phase::Text, block) => reply(block).next(Phase::Hello),
            _ => close,
        }
    }
}

fn main() {
    let _ = Sink::<16>;
}
