//! The states of a public server are private, and in a module.

#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

mod phases {
    #[derive(Clone, Copy, kai_tcp_server::ProtocolState)]
    pub(super) enum Phase {
        #[initial]
        Hello,
        Ready,
    }
}

pub struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = phases::Phase)]
impl Sink {
    fn handle_call(&self, state: phases::Phase, data: &[u8]) -> Action {
        match (state, data) {
            (phases::Phase::Hello, b"hello") => reply("hello").next(phases::Phase::Ready),
            (phases::Phase::Ready, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
