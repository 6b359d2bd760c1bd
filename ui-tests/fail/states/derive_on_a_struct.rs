//! A struct.

use kai_tcp_server::ProtocolState;

#[derive(Clone, Copy, ProtocolState)]
struct Phase;

fn main() {}
