//! Items and bytes in the middle of a call, and switching between them.

use std::str::from_utf8;

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, ErrorKind, Packet, Result, Socket, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

/// Lines that read what stands behind them in other ways.
struct Mixed;

#[tcp_server(port = 0, packet = LinesCodec, packet_size = 64)]
impl Mixed {
    async fn handle_call(&self, line: String, socket: &mut Socket) -> Result<Action> {
        Ok(match line.split_once(' ') {
            Some(("exact", n)) => {
                let bytes = socket.recv_exact(n.parse()?).await?;
                reply(format!("{bytes:?}"))
            }
            Some(("next", _)) => match socket.recv_item::<LinesCodec>().await? {
                Some(line) => reply(format!("next: {line}")),
                None => reply("the end"),
            },
            Some(("block", n)) => {
                socket.set_packet(Packet::RawExact(n.parse()?));
                let block = socket.recv().await?.unwrap_or_default();
                socket.set_packet(Packet::Raw);
                reply(format!("block: {}", from_utf8(&block)?))
            }
            Some(("send", text)) => {
                socket.send((text, "!\r\n")).await?;
                socket.send_item::<LinesCodec>(text).await?;
                noreply
            }
            Some(("frame", _)) => {
                let frame: Option<BytesMut> = socket.recv_item::<LengthDelimitedCodec>().await?;
                socket
                    .send_item::<LengthDelimitedCodec>(frame.unwrap_or_default().freeze())
                    .await?;
                reply("done")
            }
            _ if line == "packet" => reply(format!("{:?}", socket.packet())),
            _ => reply(line),
        })
    }
}

async fn mixed() -> kai_tcp_server::Server {
    start(with(Mixed, Mixed::OPTIONS.in_memory())).await.unwrap()
}

#[tokio::test]
async fn a_call_reads_items_and_bytes_as_it_likes_and_no_byte_is_lost() {
    let script: [(&[u8], &[u8]); 6] = [
        (b"exact 5\na\nb\nc", b"b\"a\\nb\\nc\"\n"),
        (b"next one\nsecond\n", b"next: second\n"),
        (b"block 6\none\ntwthree\n", b"block: one\ntw\nthree\n"),
        (b"send me\n", b"me!\r\nme\n"),
        (b"frame it\n\0\0\0\x02\n\nplain\n", b"\0\0\0\x02\n\ndone\nplain\n"),
        (b"packet\n", b"Raw\n"),
    ];
    let server = mixed().await;
    let whole: (Vec<u8>, Vec<u8>) = (
        script.map(|(request, _)| request).concat(),
        script.map(|(_, reply)| reply).concat(),
    );
    let mut at_once = Client::in_memory(&server).await;
    at_once.call(&whole.0, &whole.1).await;
    for (request, reply) in script {
        let mut bytewise = Client::in_memory(&server).await;
        for byte in request {
            bytewise.send([*byte]).await;
            tokio::task::yield_now().await;
        }
        bytewise.expect(reply).await;
    }
}

#[tokio::test]
async fn an_item_that_does_not_come_is_the_end_or_too_long() {
    let server = mixed().await;
    let mut client = Client::in_memory(&server).await;
    client.send("next one\n").await;
    client.half_close().await;
    client.expect("the end\n").await;
    client.expect_eof().await;
    let mut client = Client::in_memory(&server).await;
    client.send(format!("next one\n{}", "x".repeat(65))).await;
    client.expect_eof().await;
}

/// Bytes, with a handshake of items.
struct Handshake;

#[tcp_server(port = 0, packet = line(crlf))]
impl Handshake {
    async fn connected(&self, socket: &mut Socket) -> Result {
        let hello: Option<BytesMut> = socket.recv_item::<LengthDelimitedCodec>().await?;
        let hello = hello.ok_or(kai_tcp_server::Error::new(ErrorKind::Closed, "no hello"))?;
        socket
            .send_item::<LengthDelimitedCodec>(Bytes::from([b"hello ", &hello[..]].concat()))
            .await
    }

    fn handle_call(&self, line: &str) -> Action {
        reply(line)
    }
}

#[tokio::test]
async fn a_server_of_bytes_can_begin_with_items() {
    let server = start(with(Handshake, Handshake::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client
        .call(b"\0\0\0\x02meline\r\n", b"\0\0\0\x08hello meline\r\n")
        .await;
}
