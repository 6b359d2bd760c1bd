//! A macro returns an action that leads on.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Locked,
}

macro_rules! demand {
    ($condition:expr) => {
        if !$condition {
            return lock();
        }
    };
}

fn lock() -> Action<'static> {
    Action::reply("no").next(Phase::Locked)
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, "pass {word}") => {
                demand!(word == "secret");
                reply("welcome")
            }
            (Phase::Locked, _) => close("locked"),
            (Phase::Hello, _) => close,
        }
    }
}

fn main() {
    let _ = Sink;
}
