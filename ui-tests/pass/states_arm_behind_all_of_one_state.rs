//! An arm for any state stands behind one that has all of a state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
    Text,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Text, b".") => reply("taken").next(Phase::Ready),
            (Phase::Text, line) => reply(line),
            (_, b"quit") => close,
            (Phase::Hello, "hello {name}") => reply(name).next(Phase::Ready),
            (Phase::Ready, b"text") => noreply.next(Phase::Text),
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
