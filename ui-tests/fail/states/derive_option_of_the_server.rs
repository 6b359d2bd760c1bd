//! An option of the whole server.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(send_timeout = "10s")]
    Hello,
}

fn main() {}
