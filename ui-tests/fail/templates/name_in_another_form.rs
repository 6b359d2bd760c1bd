//! A name of an arm in another form.

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name("get")]
            "a" => noreply,
            #[name]
            "b" => noreply,
            #[name = fetch]
            "c" => noreply,
            #[name = b"d"]
            "d" => noreply,
            #[name = "one"]
            #[name = "two"]
            "e" => noreply,
            _ => close,
        }
    }
}

fn main() {}
