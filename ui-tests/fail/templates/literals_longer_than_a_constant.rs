//! Two literals are longer than a constant.

use kai_tcp_server::{Action, tcp_server};

const SIZE: usize = 8;

struct Echo;

#[tcp_server(port = 10000, packet_size = SIZE)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"good day\r\n" => reply("hello\r\n"),
            b"good morning\r\n" => close,
            data => reply(data),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
