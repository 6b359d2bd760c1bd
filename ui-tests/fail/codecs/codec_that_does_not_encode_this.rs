use bytes::BytesMut;
use kai_tcp_server::{Action, tcp_server};
use tokio_util::codec::LengthDelimitedCodec;

struct Server;

#[tcp_server(port = 10000, packet = LengthDelimitedCodec)]
impl Server {
    fn handle_call(&self, frame: BytesMut) -> Action {
        match &frame[..] {
            b"one" => reply(1),
            b"quit" => close("bye"),
            _ => reply(frame),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}
