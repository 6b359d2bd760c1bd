//! A codec, where the crate's feature `codec` is off.

use other::{Action, tcp_server};

struct Lines;

struct Server;

#[tcp_server(port = 0, crate = other, packet = Lines)]
impl Server {
    fn handle_call(&self, line: String) -> Action {
        if line.is_empty() { close("bye") } else { reply(line) }
    }
}

fn main() -> other::Result {
    other::run(Server)
}
