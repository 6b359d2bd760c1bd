use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(
    port = 10000,
    listen = ["127.0.0.1:10000", "unix:/run/echo.sock mode=660", "unix:/run/echo.sock"],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
