//! Each connection begins in a ring of states.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Text,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn connected(&self, socket: &mut Socket) {
        socket.set_state(Phase::Mail);
    }

    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => close("how did you come here?"),
            (Phase::Mail, b"data") => reply("go on").next(Phase::Text),
            (Phase::Text, b".") => reply("taken").next(Phase::Mail),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
