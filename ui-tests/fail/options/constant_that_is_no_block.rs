use kai_tcp_server::{Action, tcp_server};

struct Echo;

const PRINTER: &str = "192.0.2.1";

#[tcp_server(
    port = 10000,
    deny = [PRINTER],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
