//! A state with a table of its own that only it leads to.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match state {
            Phase::Hello => match data {
                b"quit" => close,
                _ => reply("what?"),
            },
            Phase::Ready => self.ready(data),
        }
    }

    fn ready(&self, data: &[u8]) -> Action {
        match data {
            b"quit" => close,
            _ => reply("again").next(Phase::Ready),
        }
    }
}

fn main() {}
