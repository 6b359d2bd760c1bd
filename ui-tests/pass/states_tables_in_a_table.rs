//! Each state has a table of its own, behind code of its own.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

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
    fn handle_call(&self, state: Phase, data: &[u8], lines: &mut usize) -> Action {
        match state {
            Phase::Hello | Phase::Mail if data == b"quit" => close("bye"),
            Phase::Hello => match data {
                b"mail" => reply("go on").next(Phase::Mail),
                _ => reply("mail?"),
            },
            Phase::Mail => {
                *lines = 0;
                if data == b"data" {
                    reply("go on").next(Phase::Text)
                } else {
                    reply("data?")
                }
            }
            state @ Phase::Text => {
                *lines += 1;
                match (data, state) {
                    (b".", _) => reply(format_args!("{lines} lines")).next(Phase::Mail),
                    (_, Phase::Text) => noreply,
                    _ => close,
                }
            }
        }
    }
}

fn main() {
    let _ = Sink;
}
