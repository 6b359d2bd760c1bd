//! What a generic server holds has to be shared where it is started; the block needs no bounds for it.

#![deny(warnings)]

use std::fmt::Display;

use kai_tcp_server::{Action, Socket, tcp_server};

struct Demo<T> {
    value: T,
}

#[tcp_server(port = 0, packet = line(crlf))]
impl<T: Display> Demo<T> {
    async fn connected(&self, _: &mut Socket) -> usize {
        self.value.to_string().len()
    }

    async fn handle_call(&self, _: &[u8], length: &mut usize) -> Action {
        reply(format_args!("{} {length}", self.value))
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Demo { value: 5 });
}
