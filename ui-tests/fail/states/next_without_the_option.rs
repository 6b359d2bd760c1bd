//! Actions lead to states of a server that has none.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Auth,
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf))]
impl Sink {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"auth" => reply("ok").next(Phase::Ready),
            b"again" => reply("ok").next(Phase::Auth),
            b"quit" => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
