//! `last` with a value.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(last = true)]
    Hello,
}

fn main() {}
