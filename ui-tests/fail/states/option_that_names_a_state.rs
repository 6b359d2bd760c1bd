//! The option names a state instead of the enum.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Auth,
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase::Auth)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Auth, b"auth") => reply("ok").next(Phase::Ready),
            (Phase::Ready, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
