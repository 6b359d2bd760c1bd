//! Byte strings whose braces are meant so.
#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = 4)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"{}" | b"{\"op\": \"get\"}" => reply("objects"),
            b"a literal {123}" | b"{}{}" | b"{a" | b"a}" | b"{{a}}" => reply("nothing that is a template"),
            b"get \x7bkey}" | br"put {key}" | br#"set {key}"# => reply("said to be bytes"),
            b"\0{\x01}" => close,
            _ if matches!(data, b"{name}") => noreply,
            _ => close,
        }
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Server);
}
