use kai_tcp_server::{Action, tcp_server};
use tokio_util::codec::LinesCodec;

struct Raw;

#[tcp_server(port = 0, packet = raw, client = RawClient)]
impl Raw {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"get" => reply("got"),
            _ => close,
        }
    }
}

struct Web;

#[tcp_server(port = 0, packet = http, client = WebClient)]
impl Web {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "GET {path} HTTP/1.1\r\n" => reply(path),
            _ => close,
        }
    }
}

struct Lines;

#[tcp_server(port = 0, packet = LinesCodec, client = LinesClient)]
impl Lines {
    fn handle_call(&self, line: String) -> Action {
        match &*line {
            "get" => reply("got".to_owned()),
            _ => close,
        }
    }
}

struct Echo;

#[tcp_server(port = 0, client = EchoClient)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {}
