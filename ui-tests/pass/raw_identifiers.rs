//! A capture may be called as a keyword is.

#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = raw)]
impl Server {
    fn handle_call(&self, r#data: &[u8]) -> Action {
        match data {
            "set {r#type} {r#fn: u32}{r#if? now}" => reply(format_args!("{} {} {}", r#type, r#fn, r#if)),
            "get {r#type: bytes}" | "fetch {r#type: bytes}" => reply(r#type),
            bits!(7u8, r#match: u8) => reply([r#match]),
            r#else => reply(r#else),
        }
    }
}

fn main() {
    assert_eq!(Server.handle_call(b"set a 1 now"), Action::reply("a 1 true"));
    assert_eq!(Server.handle_call(b"fetch b"), Action::reply("b"));
    assert_eq!(Server.handle_call(b"\x07\x08"), Action::reply([8]));
    assert_eq!(Server.handle_call(b"?"), Action::reply("?"));
}
