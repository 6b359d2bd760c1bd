//! `packet_size` counts what each mode says.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = tpkt)]
    Packet,
    #[state(packet = raw)]
    Raw,
    #[state(packet = asn1)]
    Value,
    #[state(packet = raw(16))]
    Block,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), packet_size = 16, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"0123456789abcdef") => reply("sixteen").next(Phase::Packet),
            (Phase::Packet, bits!(3: u8, _: u8, _: u16, rest: [u8; 16])) => reply(rest).next(Phase::Raw),
            (Phase::Raw, b"0123456789abcdef0123456789abcdef") => reply("no bound").next(Phase::Value),
            (Phase::Value, bits!(4: u8, 40: u8, contents: [u8; 16])) => reply(contents).next(Phase::Block),
            (Phase::Block, b"0123456789abcdef") => reply("a block"),
            _ => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
