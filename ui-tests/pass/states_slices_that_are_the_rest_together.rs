//! Two arms of a state that only together are the rest.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, []) => reply("empty"),
            (Phase::Hello, [_, ..]) => reply("full").next(Phase::Ready),
            (Phase::Ready, _) => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
