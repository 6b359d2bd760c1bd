//! A codec as the packet mode of a state.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(packet = Lines)]
    Hello,
}

fn main() {}
