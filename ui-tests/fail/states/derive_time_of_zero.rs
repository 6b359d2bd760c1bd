//! A constant that is no time to wait.

use kai_tcp_server::ProtocolState;

use std::time::Duration;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(recv_timeout = Duration::ZERO)]
    Hello,
}

fn main() {}
