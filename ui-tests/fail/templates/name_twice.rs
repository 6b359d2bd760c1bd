//! A name that another arm has.

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "get"]
            "a" => noreply,
            #[name = "get"]
            "b" => noreply,
            #[name = "set"]
            "c" => noreply,
            "set {_}" => noreply,
            _ => close,
        }
    }
}

fn main() {}
