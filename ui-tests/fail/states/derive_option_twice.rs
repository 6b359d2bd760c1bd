//! An option twice.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    #[state(packet = line, packet = raw)]
    Hello,
}

fn main() {}
