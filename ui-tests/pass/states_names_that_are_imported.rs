//! The names of the states are imported.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

use Phase::{Hello, Ready};

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Hello, b"hello") => reply("hello").next(Ready),
            (Hello, _) => reply("hello first"),
            (Ready, b"quit") => close,
            (Ready, _) => noreply,
        }
    }
}

fn main() {
    let _ = Sink;
}
