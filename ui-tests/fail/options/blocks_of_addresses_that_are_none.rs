use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(
    port = 10000,
    allow = ["10.0.0.1/8", "10.0.0.0/33", "::1/64", "localhost", "127.0.0.1:80", 10, "192.0.2.1"],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
