//! An action comes through fns of the block that call one another.

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
            (Phase::Hello, b"hello") => self.one(data),
            (Phase::Ready, b"text") => Self::begin(),
            (Phase::Ready, _) => self.six(),
            (Phase::Text, b".") => self.taken(true),
            (Phase::Text, _) => noreply,
            (Phase::Hello, _) => reply("hello first"),
        }
    }

    fn one(&self, data: &[u8]) -> Action {
        self.two(data)
    }

    fn two(&self, data: &[u8]) -> Action {
        self.three(data)
    }

    fn three(&self, data: &[u8]) -> Action {
        self.four(data)
    }

    fn four(&self, data: &[u8]) -> Action {
        self.five(data)
    }

    fn five(&self, data: &[u8]) -> Action {
        match data {
            b"hello" => self.six(),
            _ => self.one(data),
        }
    }

    fn six(&self) -> Action {
        reply("ready").next(Phase::Ready)
    }

    fn begin() -> Action<'static> {
        reply("go on").next(Phase::Text)
    }

    fn taken(&self, whole: bool) -> Action {
        if whole { self.six() } else { close }
    }
}

fn main() {
    let _ = Sink;
}
