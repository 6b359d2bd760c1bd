//! The socket sets the packet mode, so an arm may be of another one.

#![deny(warnings)]

use kai_tcp_server::{Action, Packet, ProtocolState, Socket, tcp_server};

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
                socket.set_packet(Packet::Line);
                reply("hello").next(Phase::Ready)
            }
            (Phase::Ready, b"quit\r\n") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
