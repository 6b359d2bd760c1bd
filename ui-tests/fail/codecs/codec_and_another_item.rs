use bytes::Bytes;
use kai_tcp_server::{Action, Socket, tcp_server};
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

struct Server;

#[tcp_server(port = 10000, packet = LengthDelimitedCodec)]
impl Server {
    fn handle_call(&self, frame: Bytes) -> Action {
        reply(frame)
    }
}

struct Lines;

#[tcp_server(port = 10000, packet = LinesCodec)]
impl Lines {
    async fn handle_call(&self, _: &mut Socket, line: Vec<u8>) -> Action {
        reply(String::from_utf8_lossy(&line).into_owned())
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}
