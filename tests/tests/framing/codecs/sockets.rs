//! Items and bytes within a call, and changes between them.

use std::str::from_utf8;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, ErrorKind, Packet, Peer, Result, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

use super::{Arithmetic, Request};

/// Reads the bytes after a line in various ways.
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

/// Takes bytes after a handshake of items.
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

/// Tries to read the next line without waiting for it, and reads bytes of it otherwise.
struct Interrupted {
    peers: UnboundedSender<Peer<usize>>,
}

#[tcp_server(port = 0, packet = LinesCodec, packet_size = 64)]
impl Interrupted {
    fn connected(&self, peer: Peer<usize>) {
        self.peers.send(peer).unwrap();
    }

    async fn handle_call(&self, line: String, socket: &mut Socket) -> Result<Action> {
        let Some((how, n)) = line.split_once(' ') else {
            return Ok(reply(line));
        };
        let n: usize = n.parse()?;
        // A receive that is dropped after it has called the codec.
        let next = timeout(Duration::ZERO, socket.recv_item::<LinesCodec>()).await;
        assert!(next.is_err(), "there is no whole line yet");
        let taken = match how {
            "exact" => socket.recv_exact(n).await?.to_vec(),
            "frame" => {
                socket.set_packet(Packet::RawExact(n));
                socket.recv().await?.unwrap_or_default().to_vec()
            }
            "read" => {
                let mut taken = vec![0; n];
                socket.read_exact(&mut taken).await?;
                taken
            }
            // A receive that timed out.
            _ => {
                socket.set_recv_timeout(Duration::from_millis(1));
                let late = socket.recv_item::<LinesCodec>().await.unwrap_err();
                assert_eq!(late.kind(), ErrorKind::Timeout);
                socket.set_recv_timeout(Duration::from_mins(1));
                socket.recv_exact(n).await?.to_vec()
            }
        };
        Ok(reply(format!("took {}", from_utf8(&taken)?)))
    }

    async fn handle_info(&self, n: usize, socket: &mut Socket) -> Result<Action> {
        let taken = socket.recv_exact(n).await?;
        Ok(reply(format!("took {}", from_utf8(&taken)?)))
    }
}

async fn interrupted() -> (Server, UnboundedReceiver<Peer<usize>>) {
    let (peers, connected) = unbounded_channel();
    let options = Interrupted::OPTIONS.in_memory();
    (start(with(Interrupted { peers }, options)).await.unwrap(), connected)
}

#[tokio::test(start_paused = true)]
async fn after_a_receive_that_was_dropped_bytes_are_taken_otherwise_and_the_next_item_is_what_is_left() {
    let (server, _peers) = interrupted().await;
    for how in ["exact", "frame", "read", "late"] {
        // The call takes all bytes that the codec has seen, or all but one; a line end comes before
        // the position where the codec stopped.
        let mut client = Client::in_memory(&server).await;
        client.call(format!("{how} 3\nhel"), "took hel\n").await;
        client.call("lo\nworld\n", "lo\nworld\n").await;
        client.call(format!("{how} 4\nhello"), "took hell\n").await;
        client.call("\na\nb\n", "o\na\nb\n").await;
    }
}

#[tokio::test]
async fn a_message_that_takes_bytes_of_an_item_leaves_an_item_of_what_is_left() {
    let (server, mut peers) = interrupted().await;
    let mut client = Client::in_memory(&server).await;
    client.call("first\nhello", "first\n").await;
    peers.recv().await.unwrap().send(4).unwrap();
    client.expect("took hell\n").await;
    client.call("\nlast\n", "o\nlast\n").await;
}

/// Tries to read an incomplete block: at the start of each connection, or when a line says so.
struct Changing {
    first: bool,
}

#[tcp_server(port = 0, packet = line(lf), frame_timeout = "1s")]
impl Changing {
    async fn connected(&self, socket: &mut Socket) -> Result {
        if self.first {
            let block = timeout(Duration::from_millis(1), socket.recv_item::<LengthDelimitedCodec>()).await;
            assert!(block.is_err(), "the block isn't whole yet");
        }
        Ok(())
    }

    async fn handle_call(&self, line: &[u8], socket: &mut Socket) -> Result<Action> {
        if line != b"block" {
            return Ok(reply(line));
        }
        let block = timeout(Duration::ZERO, socket.recv_item::<LengthDelimitedCodec>()).await;
        assert!(block.is_err(), "the block isn't whole yet");
        socket.send_item::<LinesCodec>("not whole").await?;
        let line = socket.recv_item::<LinesCodec>().await?;
        Ok(reply(format!("{line:?}")))
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_that_came_by_sending_sees_what_is_there_already() {
    let server = start(with(Changing { first: false }, Changing::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("block\n\0\0\0\x05ok\n", "not whole\nSome(\"ok\")\n").await;
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_rest_was_taken_otherwise_is_no_frame_that_has_begun() {
    let server = start(with(Changing { first: true }, Changing::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    // The codec takes the length of the block; the rest is a line.
    client.call(b"\0\0\0\x05ok\n", "ok\n").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    client.call("still here\n", "still here\n").await;
}

/// Reads three bytes in a call, however they arrive.
struct Between;

#[tcp_server(port = 0, packet = Arithmetic)]
impl Between {
    async fn handle_call(&self, request: Request, socket: &mut Socket) -> Result<Action> {
        match request {
            Request::Count(n) => return Ok(Action::reply_item::<Arithmetic>(i64::try_from(n)?)),
            Request::Other(text) if text == "look" => {
                let next = timeout(Duration::ZERO, socket.recv_item::<Arithmetic>()).await;
                assert!(next.is_err(), "nothing has come");
                socket.send_item::<Arithmetic>("looked").await?;
            }
            _ => {}
        }
        socket.recv_exact(3).await?;
        Ok(reply("taken"))
    }
}

#[tokio::test]
async fn a_codec_between_items_stays_where_bytes_are_taken_otherwise() {
    let server = start(with(Between, Between::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("take\nabc", "taken\n").await;
    client.call("count\n", "2\n").await;
    // The codec was called, and had nothing to remember.
    client.call("look\n", "looked\n").await;
    client.call("abc", "taken\n").await;
    client.call("count\n", "4\n").await;
}
