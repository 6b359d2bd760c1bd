//! The echo server for many connections. The tests measure its costs from outside.

use kai_tcp_server::{Action, tcp_server};

struct Crowd;

#[tcp_server(port = 0, max_processes = 20_000)]
impl Crowd {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Crowd)
}
