use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(
    port = 10000,
    max_connections_per_ip = 16,
    rate_limit = 100,
    whitelist = ["10.0.0.0/8"],
    blacklist = ["10.0.0.1"],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
