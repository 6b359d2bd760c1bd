use std::io;
use std::rc::Rc;

use bytes::BytesMut;
use kai_tcp_server::{Action, Failure, Socket, tcp_server};
use tokio_util::codec::{Decoder, Encoder};

#[derive(Default)]
struct Bytewise(Rc<()>);

impl Decoder for Bytewise {
    type Item = u8;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<u8>> {
        Ok((!input.is_empty()).then(|| input.split_to(1)[0]))
    }
}

impl Encoder<u8> for Bytewise {
    type Error = io::Error;

    fn encode(&mut self, byte: u8, output: &mut BytesMut) -> io::Result<()> {
        output.extend_from_slice(&[byte]);
        Ok(())
    }
}

struct Server;

#[tcp_server(port = 10000, packet = Bytewise)]
impl Server {
    async fn handle_call(&self, byte: u8, _: &mut Socket) -> Action {
        if byte == 0 { close } else { reply(byte) }
    }

    fn failed(&self, _: &Failure) -> Action {
        close(0)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}
