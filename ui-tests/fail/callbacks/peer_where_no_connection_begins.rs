use std::io;

use bytes::BytesMut;
use kai_tcp_server::{Action, ExitReason, Failure, Peer, Socket, tcp_server};
use tokio_util::codec::{Decoder, Encoder};

struct Demo;

struct Member {
    name: String,
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn connected(&self) -> Member {
        Member { name: String::new() }
    }

    fn handle_call(&self, data: &str, peer: Peer<String>, member: &mut Member) -> Action {
        member.name = data.to_owned();
        let _ = peer.send(data.to_owned());
        noreply
    }

    fn handle_info(&self, message: String, peer: Peer<String>) -> Action {
        let _ = peer.send(message);
        noreply
    }

    fn failed(&self, _: &Failure, from: &Peer<String>, socket: &mut Socket) -> Action {
        let _ = (from, socket);
        close
    }

    fn closed(&self, peer: Peer<String>, member: Member) {
        let _ = (peer, member);
    }

    fn terminate(&self, _: &ExitReason, peer: Peer<String>) {
        let _ = peer;
    }
}

/// Items that come by value.
#[derive(Default)]
struct Bytewise;

impl Decoder for Bytewise {
    type Item = u8;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<u8>> {
        let _ = input;
        Ok(None)
    }
}

impl Encoder<u8> for Bytewise {
    type Error = io::Error;

    fn encode(&mut self, _: u8, _: &mut BytesMut) -> io::Result<()> {
        Ok(())
    }
}

struct Lent;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Lent {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn closed(&self, peer: &Peer<String>) {
        let _ = peer;
    }
}

struct Items;

#[tcp_server(port = 10000, packet = Bytewise)]
impl Items {
    fn handle_call(&self, peer: Peer<u8>, item: u8) -> Action {
        let _ = peer;
        reply(item)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)?;
    kai_tcp_server::run(Lent)?;
    kai_tcp_server::run(Items)
}
