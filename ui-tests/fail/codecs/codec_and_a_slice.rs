use kai_tcp_server::{Action, tcp_server};
use tokio_util::codec::LinesCodec;

struct Server;

#[tcp_server(port = 10000, packet = LinesCodec)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Text;

#[tcp_server(port = 10000, packet = tokio_util::codec::LinesCodec)]
impl Text {
    fn handle_call(&self, line: &str) -> Action {
        reply(line)
    }
}

struct Reference;

#[tcp_server(port = 10000, packet = LinesCodec)]
impl Reference {
    fn handle_call(&self, line: &String) -> Action {
        close(line)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}
