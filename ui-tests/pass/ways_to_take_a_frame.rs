#![deny(warnings)]

use bytes::Bytes;
use kai_tcp_server::{Action, Socket, tcp_server};

struct Slice;
struct Text;
struct Shared;
struct Borrowed;

#[tcp_server(port = 0)]
impl Slice {
    fn handle_call(&self, data: &[u8], _: &mut Socket) -> Action {
        reply(data)
    }
}

#[tcp_server(port = 0)]
impl Text {
    fn handle_call(&self, text: &str) -> Action {
        match text.trim_end() {
            "quit" => close,
            text => reply((text, "\r\n")),
        }
    }
}

#[tcp_server(port = 0)]
impl Shared {
    fn handle_call(&self, data: Bytes) -> Action {
        match &data[..] {
            b"quit\r\n" => close,
            _ => reply(data),
        }
    }
}

#[tcp_server(port = 0)]
impl Borrowed {
    async fn handle_call(&self, socket: &mut Socket, data: bytes::Bytes) -> Action {
        let _ = socket;
        reply(data)
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Slice);
    let _ = || kai_tcp_server::run(Text);
    let _ = || kai_tcp_server::run(Shared);
    let _ = || kai_tcp_server::run(Borrowed);
}
