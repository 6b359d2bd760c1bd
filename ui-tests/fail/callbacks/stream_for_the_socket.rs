use kai_tcp_server::{Action, tcp_server};

use tokio::net::TcpStream;

struct Demo;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    async fn handle_call(&self, data: &[u8], stream: &mut TcpStream) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}
