//! Other types have a `next`, too.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Counter(u32);

impl Counter {
    fn next(&mut self, step: u32) -> u32 {
        self.0 += step;
        self.0
    }
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => {
                let first = data.iter().next().copied().unwrap_or_default();
                let count = Counter(u32::from(first)).next(2);
                reply(format_args!("{count}")).next(Phase::Ready)
            }
            (Phase::Ready, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
