//! A state that no arm is tried in.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
    Text,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name).next(Phase::Ready),
            (Phase::Hello, _) => reply("hello first"),
            (Phase::Ready, b"text") => noreply.next(Phase::Text),
            (Phase::Ready, _) => close,
        }
    }
}

fn main() {}
