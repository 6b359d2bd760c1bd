#![deny(warnings)]
//! What stands at the head of the block holds for all of it.

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    #![allow(dead_code)]
    //! The protocol.

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn never_called(&self) {}
}

fn main() {
    assert_eq!(Echo.handle_call(b"hello"), Action::reply("hello"));
}
