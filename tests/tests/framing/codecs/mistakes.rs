//! The effect of a codec's errors and panics.

use std::io;

use bytes::BytesMut;
use kai_tcp_server::{Action, CloseReason, Failure, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::codec::{Decoder, Encoder, LinesCodec};

/// A codec of lines with errors for some lines; its encoder writes before it fails.
#[derive(Default)]
struct Clumsy(LinesCodec);

impl Decoder for Clumsy {
    type Item = String;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<String>> {
        match self.0.decode(input).map_err(io::Error::other)? {
            Some(line) if line.starts_with("refused") => {
                Err(io::Error::other(format!("can't read {line:?}\n\u{1b}[2J")))
            }
            Some(line) if line == "panic" => panic!("the decoder panics"),
            line => Ok(line),
        }
    }
}

impl Encoder<String> for Clumsy {
    type Error = io::Error;

    fn encode(&mut self, line: String, output: &mut BytesMut) -> io::Result<()> {
        output.extend_from_slice(line.as_bytes());
        match &*line {
            "fail" => Err(io::Error::other("can't write this")),
            "explode" => panic!("the encoder panics"),
            _ => {
                output.extend_from_slice(b"\n");
                Ok(())
            }
        }
    }
}

struct Careful(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = Clumsy)]
impl Careful {
    async fn handle_call(&self, line: String, socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        if let Some(line) = line.strip_prefix("send ") {
            socket.send_item::<Clumsy>(line.to_owned()).await?;
            return Ok(noreply);
        }
        Ok(reply(line))
    }

    fn failed(&self, failure: &Failure) -> Action {
        reply(format!("{failure}"))
    }

    fn closed(&self, reason: CloseReason) {
        self.0.send(reason).unwrap();
    }
}

async fn careful() -> (kai_tcp_server::Server, UnboundedReceiver<CloseReason>) {
    let (ends, ended) = unbounded_channel();
    let server = start(with(Careful(ends), Careful::OPTIONS.in_memory())).await.unwrap();
    (server, ended)
}

#[tokio::test]
async fn what_the_decoder_refuses_is_malformed_and_the_items_behind_it_are_not_read() {
    let (server, mut ended) = careful().await;
    let mut client = Client::in_memory(&server).await;
    client.send("one\nrefused\ntwo\n").await;
    client
        .expect("one\nthe received bytes are not a frame of this packet mode\n")
        .await;
    client.expect_eof().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn a_decoder_that_panics_hurts_its_own_connection_alone() {
    let (server, mut ended) = careful().await;
    let mut other = Client::in_memory(&server).await;
    let mut client = Client::in_memory(&server).await;
    client.send("one\npanic\ntwo\n").await;
    client.expect("one\n").await;
    client.expect_eof().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Panic));
    other.call("here\n", "here\n").await;
}

#[tokio::test]
async fn an_encoders_error_is_the_calls_and_nothing_of_its_item_is_sent() {
    let (server, mut ended) = careful().await;
    let mut client = Client::in_memory(&server).await;
    client
        .call("one\nfail\ntwo\n", "one\na callback failed: can't write this\ntwo\n")
        .await;
    client
        .call(
            "send three\nsend fail\n",
            "three\na callback failed: can't write this\n",
        )
        .await;
    client.half_close().await;
    client.expect_eof().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Peer));
}

#[tokio::test]
async fn of_an_encoder_that_panics_only_what_was_sent_before_goes_out() {
    let (server, mut ended) = careful().await;
    for explode in ["explode\n", "send explode\n"] {
        let mut client = Client::in_memory(&server).await;
        client.send(format!("one\n{explode}two\n")).await;
        client.expect("one\n").await;
        client.expect_eof().await;
        assert_eq!(next(&mut ended).await, Some(CloseReason::Panic));
    }
}

/// A codec whose destructor panics.
#[derive(Default)]
struct Fragile(LinesCodec);

impl Decoder for Fragile {
    type Item = String;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<String>> {
        self.0.decode(input).map_err(io::Error::other)
    }
}

impl Encoder<String> for Fragile {
    type Error = io::Error;

    fn encode(&mut self, line: String, output: &mut BytesMut) -> io::Result<()> {
        self.0.encode(line, output).map_err(io::Error::other)
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("the codec's destructor panics");
    }
}

struct Bearing(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = Fragile, max_processes = 1)]
impl Bearing {
    fn connected(&self) {}

    fn handle_call(&self, line: String) -> Action {
        match &*line {
            "bye" => close(line),
            _ => reply(line),
        }
    }

    fn closed(&self, reason: CloseReason) {
        self.0.send(reason).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_whose_destructor_panics_keeps_nobody_from_being_told_the_end() {
    let (ends, mut ended) = unbounded_channel();
    let server = start(with(Bearing(ends), Bearing::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("bye\n", "bye\n").await;
    client.expect_eof().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Handler));
    drop(client);
    let mut client = Client::in_memory(&server).await;
    client.call("one\n", "one\n").await;
    assert!(kai_tcp_server::__private::kill_acceptor(&server, 1));
    client.expect_gone().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Stopped));
    // The next connection gets its slot.
    let mut client = Client::in_memory(&server).await;
    client.call("bye\n", "bye\n").await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Handler));
    assert!(ended.try_recv().is_err());
}
