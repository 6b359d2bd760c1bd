//! An error before the table closes.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Result, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Result<Action> {
        let text = std::str::from_utf8(data)?;
        Ok(match (state, data) {
            (Phase::Hello, _) => reply(text).next(Phase::Ready),
            (Phase::Ready, _) => reply(text),
        })
    }
}

fn main() {
    let _ = Sink;
}
