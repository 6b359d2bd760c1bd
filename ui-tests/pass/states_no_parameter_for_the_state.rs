//! No callback takes the state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(recv_timeout = "1h")]
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"wait" => reply("take your time").next(Phase::Ready),
            b"quit" => close,
            _ => noreply,
        }
    }
}

fn main() {
    let _ = Sink;
}
