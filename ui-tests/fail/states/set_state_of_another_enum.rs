//! A state of another enum, in the middle of a call.

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

#[derive(Clone, Copy, ProtocolState)]
enum Other {
    #[initial]
    Done,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Action {
        match (state, data) {
            (Phase::Hello, "ehlo {name}") => reply(name).next(Phase::Ready),
            (Phase::Ready, b"quit") => {
                socket.set_state(Other::Done);
                noreply
            }
            _ => close,
        }
    }
}

fn main() {}
