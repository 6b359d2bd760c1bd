//! A name of an arm that can't be one.

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = ""]
            "a" => noreply,
            #[name = "get it"]
            "b" => noreply,
            #[name = "1st"]
            "c" => noreply,
            #[name = "ü"]
            "d" => noreply,
            _ => close,
        }
    }
}

fn main() {}
