use kai_tcp_server::{Action, tcp_server};

struct Echo;

const NOBODY: usize = 0;

#[tcp_server(
    port = 10000,
    max_per_ip = NOBODY,
    accept_rate = 0,
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
