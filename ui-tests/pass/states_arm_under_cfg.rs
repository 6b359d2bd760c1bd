//! The arm for the rest of a state is under `cfg`.

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
            (Phase::Hello, b"hello") => reply("hello").next(Phase::Ready),
            (Phase::Hello, _) => reply("hello first"),
            #[cfg(not(windows))]
            (Phase::Ready, _) => close,
            #[cfg(windows)]
            (Phase::Ready, _) => noreply,
        }
    }
}

fn main() {
    let _ = Sink;
}
