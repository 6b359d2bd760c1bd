//! The state is the last of what is matched.

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
        match (data, *lines, state) {
            (b"mail", .., Phase::Hello) => reply("go on").next(Phase::Mail),
            (b"data", 0, Phase::Mail) => reply("go on").next(Phase::Text),
            (b".", .., Phase::Text) | (b"rset", .., Phase::Mail) => reply("taken").next(Phase::Hello),
            (b"quit", ..) => close,
            (_, count, _) => {
                *lines = count + 1;
                reply("what?")
            }
        }
    }
}

fn main() {
    let _ = Sink;
}
