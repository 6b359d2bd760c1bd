use bytes::BytesMut;
use kai_tcp_server::{Action, tcp_server};
use tokio_util::codec::{Decoder, Encoder};

struct Bytewise {
    key: u8,
}

impl Decoder for Bytewise {
    type Item = u8;
    type Error = std::io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> std::io::Result<Option<u8>> {
        Ok((!input.is_empty()).then(|| input.split_to(1)[0] ^ self.key))
    }
}

impl Encoder<u8> for Bytewise {
    type Error = std::io::Error;

    fn encode(&mut self, byte: u8, output: &mut BytesMut) -> std::io::Result<()> {
        output.extend_from_slice(&[byte ^ self.key]);
        Ok(())
    }
}

struct Server;

#[tcp_server(port = 10000, packet = Bytewise)]
impl Server {
    fn handle_call(&self, _: u8) -> Action {
        noreply
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}
