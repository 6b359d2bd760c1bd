//! Macros and closures make actions.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
    Text,
}

macro_rules! go {
    ($data:expr, $next:ident) => {
        Action::reply($data).next(Phase::$next)
    };
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => go!("hello", Ready),
            (Phase::Ready, b"text") => {
                let text = || reply("text").next(Phase::Text);
                text()
            }
            (Phase::Text, b".") => Some(reply("taken")).map_or(close, |action| action.next(Phase::Hello)),
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
