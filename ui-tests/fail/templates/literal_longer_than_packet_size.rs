use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000, packet_size = 8)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"good morning\r\n" => close,
            data => reply(data),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
