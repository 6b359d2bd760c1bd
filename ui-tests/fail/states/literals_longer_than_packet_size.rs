//! Frames longer than `packet_size`, beside another mistake in the same table.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = raw)]
    Text,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), packet_size = 32, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello\r\n") => reply("hello"),
            (Phase::Hello, b"0123456789012345678901234567890123456789") => reply("long").next(Phase::Text),
            (Phase::Hello, "a prefix that is longer than {it} may be") => reply(it),
            (Phase::Hello, bits!(_: u8, name: [u8; 40])) => reply(name),
            (Phase::Text, b"0123456789012345678901234567890123456789\r\n") => reply("raw has no bound"),
            (_, b"quit") => close,
            (_, b"0123456789012345678901234567890123456789") => reply("some state takes this"),
            _ => reply("what?"),
        }
    }
}

fn main() {}
