//! A transcript that there is no server for.

use other::{Action, tcp_server};

struct Server;

/// Echoes.
///
/// ```transcript
/// C: hello
/// S: hello
/// C: hello
/// S: hallo
/// ```
#[tcp_server(port = 0, crate = other)]
impl Server {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

fn main() -> other::Result {
    other::run(Server)
}
