//! A table is for some states, as the `match` around it says.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Online,
    Quiet,
}

struct Sink;

#[tcp_server(port = 0, packet = 2, state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match state {
            Phase::Hello => match data {
                bits!(0x10: u8, len: u8, id: [u8; len]) => reply(id).next(Phase::Online),
                _ => close,
            },
            Phase::Online | Phase::Quiet => match (data, state) {
                (bits!(0x30: u8, topic: u16, _: [u8]), Phase::Online) => reply(topic.to_be_bytes()),
                (bits!(0xc0: u8, _: u8), Phase::Online) => reply([0xd0]).next(Phase::Quiet),
                (bits!(0xc0: u8, _: u8), _) => noreply.next(Phase::Online),
                (bits!(0xe0: u8), _) => close,
                (_, _) => close,
            },
        }
    }
}

fn main() {
    let _ = Sink;
}
