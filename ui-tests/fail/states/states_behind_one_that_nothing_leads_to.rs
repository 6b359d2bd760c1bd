//! Three states in a row; nothing leads to the first.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Recipient,
    Text,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name),
            (Phase::Text, b".") => close("taken"),
            (Phase::Recipient, b"data") => reply("go on").next(Phase::Text),
            (Phase::Mail, "rcpt {to}") => reply(to).next(Phase::Recipient),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
