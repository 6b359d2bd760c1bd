//! No state that a connection begins in.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    Hello,
    Ready,
}

fn main() {}
