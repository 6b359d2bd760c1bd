//! The answer to an error leads to a ring of states.

#![deny(warnings)]

use kai_tcp_server::{Action, Failure, ProtocolState, Result, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Sorry,
    Again,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Result<Action> {
        Ok(match (state, data) {
            (Phase::Hello, "add {number}") => reply(format_args!("{}", number.parse::<u32>()? + 1)),
            (Phase::Sorry, b"sorry") => reply("go on").next(Phase::Again),
            (Phase::Again, b"again") => reply("go on").next(Phase::Sorry),
            (_, b"quit") => close,
            _ => reply("what?"),
        })
    }

    fn failed(&self, failure: &Failure) -> Action {
        reply(failure.to_string()).next(Phase::Sorry)
    }
}

fn main() {
    let _ = Sink;
}
