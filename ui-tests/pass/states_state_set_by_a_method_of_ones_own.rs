//! A trait gives the socket a method that sets the state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

trait Welcome {
    fn welcome(&mut self);
}

impl Welcome for Socket {
    fn welcome(&mut self) {
        self.set_state(Phase::Ready);
    }
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => {
                socket.welcome();
                reply("hello")
            }
            (Phase::Ready, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
