//! Each state has a table of its own.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = line)]
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match state {
            Phase::Hello => match data {
                b"hello" => reply("hello").next(Phase::Ready),
                _ => reply("hello first"),
            },
            Phase::Ready => match data {
                b"quit\r\n" => close,
                line => reply(line),
            },
        }
    }
}

fn main() {
    let _ = Sink;
}
