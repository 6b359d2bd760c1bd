//! The table is told another state than the connection is in.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Admin,
}

const ADMIN: Phase = Phase::Admin;

#[derive(Default)]
struct Admin(bool);

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, mut state: Phase, data: &[u8], admin: &mut Admin) -> Action {
        if admin.0 {
            state = ADMIN;
        }
        match (state, data) {
            (Phase::Hello, b"secret") => {
                admin.0 = true;
                reply("welcome")
            }
            (Phase::Admin, b"again") => reply("again").next(Phase::Admin),
            (Phase::Admin, b"stop") => reply("stopped"),
            (_, b"quit") => close,
            _ => reply("what?"),
        }
    }
}

fn main() {
    let _ = Sink;
}
