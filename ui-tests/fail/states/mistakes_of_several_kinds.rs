//! Mistakes that the attribute sees, beside those that only the compiler sees.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[state(packet = line(lf))]
    Text,
    Lost,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello\r\n") => reply("hello"),
            (Phase::Hello, b"text") => reply("go on").next(Phase::Text),
            (Phase::Hello, b"text") => reply("again"),
            (Phase::Text, b"end\n") => reply("end").next(Phase::Hello),
            (Phase::Lost, b"found") => reply("found").next(Phase::Lost),
            _ => close,
        }
    }
}

fn main() {}
