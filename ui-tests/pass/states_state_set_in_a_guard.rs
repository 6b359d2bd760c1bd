//! A guard asks a fn that sets the state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Text,
}

fn is_known(name: &str, socket: &mut Socket) -> bool {
    let known = name == "root";
    if known {
        socket.set_state(Phase::Mail);
    }
    known
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Action {
        match (state, data) {
            (Phase::Hello, "user {name}") if is_known(name, socket) => reply("hello"),
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
