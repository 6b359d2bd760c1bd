//! The enum and its server are written by a macro.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};


macro_rules! door {
    ($phase:ident, $server:ident) => {
        #[derive(Clone, Copy, ProtocolState)]
        enum $phase {
            #[initial]
            Shut,
            Open,
        }

        struct $server;

        #[tcp_server(port = 0, packet = line(crlf), state = $phase)]
        impl $server {
            fn handle_call(&self, state: $phase, data: &[u8]) -> Action {
                match (state, data) {
                    ($phase::Shut, b"open") => reply("it is open").next($phase::Open),
                    ($phase::Open, b"shut") => reply("it is shut").next($phase::Shut),
                    ($phase::Open, "go {name}") => close(name),
                    _ => reply("what?"),
                }
            }
        }
    };
}

door!(Phase, Sink);

fn main() {
    let _ = Sink;
}
