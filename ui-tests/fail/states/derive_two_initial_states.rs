//! Two states that a connection begins in.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    #[initial]
    Ready,
}

fn main() {}
