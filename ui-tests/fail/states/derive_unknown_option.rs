//! An option that a state has not.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(recv_timeot = "10s")]
    Hello,
}

fn main() {}
