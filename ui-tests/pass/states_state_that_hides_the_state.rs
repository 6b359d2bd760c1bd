//! A variable hides the state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Admin,
}

const ADMIN: Option<Phase> = Some(Phase::Admin);

#[derive(Default)]
struct Admin(Option<Phase>);

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], admin: &mut Admin) -> Action {
        let state = admin.0.unwrap_or(state);
        match (state, data) {
            (Phase::Hello, b"secret") => {
                admin.0 = ADMIN;
                reply("welcome")
            }
            (Phase::Admin, b"again") => reply("again").next(Phase::Admin),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
