//! A time without its unit.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(recv_timeout = 10)]
    Hello,
}

fn main() {}
