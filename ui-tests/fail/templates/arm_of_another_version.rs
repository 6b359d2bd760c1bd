use kai_tcp_server::{Action, tcp_server};

struct Tpkt;

#[tcp_server(port = 0, packet = tpkt)]
impl Tpkt {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"\x03\0\0" => noreply,
            "GET {path} HTTP/1.1{_..}" => close,
            data => reply(data),
        }
    }
}

struct Cdr;

#[tcp_server(port = 0, packet = cdr)]
impl Cdr {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!("GIOQ", _: [u8]) => noreply,
            data => reply(data),
        }
    }
}

struct Http;

#[tcp_server(port = 0, packet = http)]
impl Http {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "GET / HTTP/1.1" => reply("HTTP/1.1 204 No Content\r\n\r\n"),
            _ => noreply,
        }
    }
}

fn main() {}
