//! An enum without states.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {}

fn main() {}
