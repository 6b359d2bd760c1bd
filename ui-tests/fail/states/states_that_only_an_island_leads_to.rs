//! Two states that lead to one another, and to a third.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Text,
    Done,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name),
            (Phase::Done, _) => close,
            (Phase::Text, b".") => reply("taken").next(Phase::Mail),
            (Phase::Mail, b"data") => reply("go on").next(Phase::Text),
            (Phase::Mail, b"done") => reply("done").next(Phase::Done),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
