//! Only a state that is led to has the action that leads on.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
    Mail,
    Text,
}

const PLACES: [Phase; 2] = [Phase::Mail, Phase::Text];

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => reply("hello").next(Phase::Ready),
            (Phase::Ready, "goto {place: usize}") => reply("there").next(PLACES[place % PLACES.len()]),
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
