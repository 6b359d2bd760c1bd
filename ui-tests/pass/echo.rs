#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000, max_processes = 2)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Echo);
}
