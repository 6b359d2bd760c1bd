//! The only way to a ring of states is under a `cfg`.

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
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            #[cfg(not(windows))]
            (Phase::Hello, b"mail") => self.begin(),
            #[cfg(windows)]
            (Phase::Hello, b"post") => self.begin(),
            (Phase::Mail, b"data") => reply("go on").next(Phase::Text),
            (Phase::Text, b".") => reply("taken").next(Phase::Mail),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }

    #[cfg(not(windows))]
    fn begin(&self) -> Action {
        reply("begin").next(Phase::Mail)
    }

    #[cfg(windows)]
    fn begin(&self) -> Action {
        reply("begin").next(Phase::Text)
    }
}

fn main() {
    let _ = Sink;
}
