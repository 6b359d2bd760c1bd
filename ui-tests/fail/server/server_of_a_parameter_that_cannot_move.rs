use std::fmt::Display;
use std::rc::Rc;

use kai_tcp_server::{Action, tcp_server};

struct Demo<T> {
    value: T,
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl<T: Display> Demo<T> {
    fn handle_call(&self, _: &[u8]) -> Action {
        reply(format_args!("{}", self.value))
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo { value: Rc::new(5) })
}
