#![deny(warnings)]

use kai_tcp_server::{Action, Options, tcp_server};

struct Server;

#[tcp_server(port = 0, active = 10)]
impl Server {
    fn init(&mut self) {}
    fn connected(&self) {}
    fn handle_call(&self) -> Action {
        reply("pong")
    }
    fn handle_info(&self, _: ()) -> Action {
        noreply
    }
    fn passive(&self) -> Action {
        noreply
    }
    fn failed(&self) -> Action {
        close
    }
    fn stopping(&self) -> Action {
        reply("bye")
    }
    fn closed(&self) {}
    fn reload(&self) -> Options {
        Self::OPTIONS
    }
    fn terminate(&self) {}
}

fn main() {
    let _ = || kai_tcp_server::run(Server);
}
