//! Names on arms of what isn't the protocol's table.

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "a" => match data.len() {
                #[name = "one"]
                1 => noreply,
                _ => close,
            },
            [1, rest @ ..] => match rest {
                #[name = "inner"]
                "b{_..}" => noreply,
                _ => close,
            },
            _ => Self::other(data.len()),
        }
    }

    fn other(length: usize) -> Action<'static> {
        match length {
            #[name = "empty"]
            0 => noreply,
            _ => close,
        }
    }
}

fn main() {}
