//! A fn outside of the block has the socket, and sets the state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => {
                greet(socket);
                reply("hello")
            }
            (Phase::Ready, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn greet(socket: &mut Socket) {
    socket.set_state(Phase::Ready);
}

fn main() {
    let _ = Sink;
}
