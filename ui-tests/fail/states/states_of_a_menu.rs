//! Several mistakes in one table, as of a menu behind a login.

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Login,
    Menu,
    Sub,
}

struct Sink;

#[tcp_server(port = 2525, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], attempts: &mut u32) -> Action {
        match (state, data) {
            (Phase::Login, "login {name}") if *attempts < 3 => {
                *attempts += 1;
                reply(name)
            }
            (Phase::Login, _) => reply("login first"),
            (Phase::Menu, b"sub") => reply("sub").next(Phase::Sub),
            (Phase::Sub, b"up") => reply("menu").next(Phase::Menu),
            (Phase::Sub, b"up") => reply("menu"),
            (Phase::Menu | Phase::Sub, b"quit") => close,
        }
    }
}

fn main() {}
