//! An action of a fn elsewhere may lead to a ring of states.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Text,
}

fn begin() -> Action<'static> {
    Action::reply("begin").next(Phase::Mail)
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"mail") => begin(),
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
