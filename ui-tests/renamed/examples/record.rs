//! A recording, where the crate's feature for it is off.

use other::{Action, tcp_server};

struct Server;

#[tcp_server(
    port = 0,
    crate = other,
    record(dir = "recordings", files = 3),
)]
impl Server {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

fn main() -> other::Result {
    other::run(Server)
}
