//! The enum has another name in the arms.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

use Phase as P;

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (P::Hello, b"hello") => reply("hello").next(P::Ready),
            (P::Hello, _) => reply("hello first"),
            (P::Ready, _) => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
