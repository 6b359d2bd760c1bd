//! `initial` as an option.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[state(initial)]
    Hello,
}

fn main() {}
