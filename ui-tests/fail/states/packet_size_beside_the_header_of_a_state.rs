//! A frame of a state with a header is longer than a constant `packet_size`.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = tpkt)]
    Text,
}

const SIZE: usize = 16;

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), packet_size = SIZE, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"text") => reply("go on").next(Phase::Text),
            (Phase::Text, bits!(3: u8, _: u8, _: u16, sixteen: [u8; 16])) => reply(sixteen),
            (Phase::Text, bits!(3: u8, _: u8, _: u16, seventeen: [u8; 17])) => reply(seventeen),
            _ => close,
        }
    }
}

fn main() {}
