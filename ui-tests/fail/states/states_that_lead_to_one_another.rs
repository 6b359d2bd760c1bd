//! Two states that only lead to one another.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Text,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name),
            (Phase::Mail, b"data") => reply("go on").next(Phase::Text),
            (Phase::Text, b".") => reply("taken").next(Phase::Mail),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
