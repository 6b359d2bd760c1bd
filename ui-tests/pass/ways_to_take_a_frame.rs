#![deny(warnings)]

use bytes::Bytes;
use kai_tcp_server::{Action, Socket, packet::Http, tcp_server};

struct Slice;
struct Text;
struct Shared;
struct Borrowed;
struct Lines;
struct LinesWithSocket;
struct OnesOwnLifetime;

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

#[tcp_server(port = 0, packet = http)]
impl Lines {
    fn handle_call(&self, line: Http) -> Action {
        match line {
            Http::Request { method: "GET", .. } => noreply,
            Http::Header { field: "Host", value, .. } => reply(value),
            Http::EndOfHeaders => close,
            _ => noreply,
        }
    }
}

#[tcp_server(port = 0, packet = httph)]
impl LinesWithSocket {
    async fn handle_call(&self, socket: &mut Socket, line: kai_tcp_server::packet::Http<'_>, last: &mut u8) -> Action {
        match (&*last, line) {
            (0, Http::Header { raw, number, .. }) => {
                *last = number;
                reply(raw)
            }
            (_, Http::Error(line)) => close(line),
            _ => {
                let _ = socket.recv().await;
                noreply
            }
        }
    }
}

/// A message of that name is no line.
mod http {
    pub struct Http;
}

#[tcp_server(port = 0, packet = http)]
impl OnesOwnLifetime {
    fn handle_info(&self, _: http::Http) -> Action {
        noreply
    }

    fn handle_call<'a>(&self, line: Http<'a>) -> Action<'a> {
        let Http::Error(line) = line else { return noreply };
        reply(line)
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Slice);
    let _ = || kai_tcp_server::run(Text);
    let _ = || kai_tcp_server::run(Shared);
    let _ = || kai_tcp_server::run(Borrowed);
    let _ = || kai_tcp_server::run(Lines);
    let _ = || kai_tcp_server::run(LinesWithSocket);
    let _ = || kai_tcp_server::run(OnesOwnLifetime);
}
