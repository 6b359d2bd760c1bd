//! The next state is decided on where it stands.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
    Text,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, data) => reply("hello").next(if data.len() > 4 { Phase::Ready } else { Phase::Text }),
            (Phase::Ready, data) => reply("ready").next(match data {
                b"text" => Phase::Text,
                _ => Phase::Hello,
            }),
            (Phase::Text, _) => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
