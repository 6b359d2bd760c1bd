#![deny(deprecated)]

use kai_tcp_server::{Action, tcp_server};

const GET: &str = "get {key}";
const QUIT: &str = "quit";
const BRACES: &str = "{ } {{x}} {1} { x }";

mod bytes {
    pub const PUT: &[u8] = b"put {key: u32}";
    pub const BYE: &[u8] = b"bye";
}

struct Text;

#[tcp_server(port = 0, packet = line(crlf))]
impl Text {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            GET => reply("got"),
            QUIT | BRACES => close,
            OTHER => reply(OTHER),
        }
    }
}

struct Slice;

#[tcp_server(port = 0, packet = line(crlf))]
impl Slice {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bytes::PUT => reply("put"),
            bytes::BYE => close,
            "x {y}" => reply(y),
            _ => reply("?"),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run((Text, Slice))
}
