//! Code before the table closes, and leads on.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Result, tcp_server};

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
    fn handle_call(&self, state: Phase, data: &[u8]) -> Result<Action> {
        let text = std::str::from_utf8(data)?;
        if text == "mail" {
            return Ok(reply("go on").next(Phase::Mail));
        }
        Ok(match (state, data) {
            (Phase::Hello, _) => reply("mail?"),
            (Phase::Mail, b"data") => reply("go on").next(Phase::Text),
            (Phase::Mail, _) => reply("data?"),
            (Phase::Text, b".") => reply("taken").next(Phase::Mail),
            (Phase::Text, _) => noreply,
        })
    }
}

fn main() {
    let _ = Sink;
}
