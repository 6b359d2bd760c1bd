//! The log of a codec's error.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io;

use bytes::BytesMut;
use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Log};
use tokio_util::codec::{Decoder, Encoder};

/// A codec that refuses everything, and quotes it.
#[derive(Default)]
struct Refusing;

impl Decoder for Refusing {
    type Item = ();
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<()>> {
        if input.is_empty() {
            return Ok(None);
        }
        Err(io::Error::other(String::from_utf8_lossy(input).into_owned()))
    }
}

impl Encoder<()> for Refusing {
    type Error = io::Error;

    fn encode(&mut self, (): (), _: &mut BytesMut) -> io::Result<()> {
        Ok(())
    }
}

struct Server;

#[tcp_server(port = 0, packet = Refusing)]
impl Server {
    fn handle_call(&self, (): ()) -> Action {
        noreply
    }
}

#[tokio::test]
async fn what_a_codec_says_of_a_peers_bytes_is_one_bounded_line_without_control_characters() {
    let log = Log::new();
    let server = start(with(Server, Server::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client
        .send(format!("first\nERROR second\u{1b}[2J{}", "!".repeat(5_000)))
        .await;
    client.expect_eof().await;
    let text = log.text();
    let line = text.lines().find(|line| line.contains("WARN")).expect("a warning");
    assert!(
        line.contains(r"the codec refuses what came: first\nERROR second\u{1b}[2J!!!"),
        "{line}"
    );
    assert!(line.len() < 500, "{line}");
    assert!(!text.lines().any(|line| line.starts_with("ERROR")), "{text}");
}
