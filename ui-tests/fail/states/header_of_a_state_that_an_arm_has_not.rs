//! A layout that is no frame of its state.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = tpkt)]
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name).next(Phase::Ready),
            (Phase::Ready, bits!(0x04u8, rest: [u8])) => reply(rest),
            _ => close,
        }
    }
}

fn main() {}
