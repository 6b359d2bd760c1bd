//! A callback sets the state of a server that has none.

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Auth,
    Ready,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf))]
impl Sink {
    fn connected(&self, socket: &mut Socket) {
        socket.set_state(Phase::Ready);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"quit" => close,
            _ => reply("what?"),
        }
    }
}

fn main() {}
