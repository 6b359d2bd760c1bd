#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = 4)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"get {key}\r\n" => reply("one"),
            b"set {key} {value: u32}\n" | b"put {rest..}" => reply("two"),
            _ => close,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}
