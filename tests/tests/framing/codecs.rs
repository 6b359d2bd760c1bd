//! Codecs: frames as items, their limits, and the effect of their errors.

#![allow(clippy::unused_self)] // a callback's signature is given

mod bounds;
mod mistakes;
mod sockets;

use std::io;
use std::str::from_utf8;

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, Peer, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::io::AsyncReadExt as _;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec, LinesCodec};

/// An item of the arithmetic codec.
#[derive(Debug, PartialEq)]
enum Request {
    Add(i64, i64),
    /// The number of items on this connection.
    Count(usize),
    Quit,
    Other(String),
}

/// A codec for lines of arithmetic.
#[derive(Default)]
struct Arithmetic {
    lines: LinesCodec,
    requests: usize,
}

impl Decoder for Arithmetic {
    type Item = Request;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Request>> {
        let line = self.lines.decode(input).map_err(io::Error::other)?;
        self.requests += usize::from(line.is_some());
        Ok(line.map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            ["add", a, b] => Request::Add(a.parse().unwrap_or(0), b.parse().unwrap_or(0)),
            ["count"] => Request::Count(self.requests),
            ["quit"] => Request::Quit,
            _ => Request::Other(line),
        }))
    }
}

impl Encoder<i64> for Arithmetic {
    type Error = io::Error;

    fn encode(&mut self, number: i64, output: &mut BytesMut) -> io::Result<()> {
        self.encode(&*number.to_string(), output)
    }
}

impl Encoder<&str> for Arithmetic {
    type Error = io::Error;

    fn encode(&mut self, text: &str, output: &mut BytesMut) -> io::Result<()> {
        self.lines.encode(text, output).map_err(io::Error::other)
    }
}

struct Calculator {
    greeting: String,
}

#[tcp_server(port = 0, packet = Arithmetic)]
impl Calculator {
    fn connected(&self, _: Peer<i64>) {}

    fn handle_call(&self, request: Request) -> Action {
        match request {
            /// Adds.
            Request::Add(a, b) if a != b => reply(a.wrapping_add(b)),
            Request::Add(a, _) => self.twice(a),
            Request::Count(n) => Action::reply_item::<Arithmetic>(i64::try_from(n).unwrap_or(0)),
            Request::Other(text) if text.is_empty() => noreply,
            // A reply's borrow lasts until the reply is sent.
            Request::Other(text) if text == "hello" => reply(&*self.greeting),
            Request::Quit => close("bye"),
            Request::Other(_) => close,
        }
    }

    fn handle_info(&self, number: i64) -> Action {
        reply(number)
    }

    fn twice(&self, a: i64) -> Action {
        Some(a.wrapping_mul(2)).map_or(noreply, reply)
    }
}

fn calculator() -> Calculator {
    let greeting = "good day".to_owned();
    Calculator { greeting }
}

#[tokio::test]
async fn items_come_and_items_go() {
    let server = start(with(calculator(), Calculator::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("add 1 2\n", "3\n").await;
    client.call("add 4 4\nhello\n\n", "8\ngood day\n").await;
    client.call("quit\nadd 1 1\n", "bye\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn an_item_that_comes_byte_by_byte_is_the_same_item() {
    let server = start(with(calculator(), Calculator::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    for byte in b"add 20 22\nquit\n" {
        client.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    client.expect("42\nbye\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn each_connection_has_a_codec_of_its_own() {
    let server = start(with(calculator(), Calculator::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut one = Client::in_memory(&server).await;
    let mut other = Client::in_memory(&server).await;
    one.call("count\ncount\n", "1\n2\n").await;
    other.call("count\n", "1\n").await;
    one.call("count\n", "3\n").await;
}

#[tokio::test]
async fn replies_to_items_that_came_together_leave_in_one_write() {
    let server = start(with(calculator(), Calculator::OPTIONS)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("add 1 2\n".repeat(500)).await;
    let mut replies = [0; 4096];
    let n = client.stream().read(&mut replies).await.unwrap();
    assert_eq!(from_utf8(&replies[..n]).unwrap(), "3\n".repeat(500));
}

#[tokio::test]
async fn the_table_of_items_is_listed_and_counted() {
    let names: Vec<&str> = Calculator::PROTOCOL.iter().map(|arm| arm.name).collect();
    assert_eq!(names, ["Add", "Add", "Count", "Other", "Other", "Quit", "Other"]);
    assert_eq!(Calculator::PROTOCOL[0].pattern, "Request::Add(a, b)");
    assert_eq!(Calculator::PROTOCOL[0].docs, "Adds.");
    let server = start(with(calculator(), Calculator::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("add 1 2\nadd 1 3\nhello\n", "3\n4\ngood day\n").await;
    let calls: Vec<u64> = server.info().arms.iter().map(|arm| arm.calls).collect();
    assert_eq!(calls, [2, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn a_unit_test_sees_what_an_action_would_send() {
    let calculator = calculator();
    let sent = |request| calculator.handle_call(request).into_bytes().unwrap();
    assert_eq!(sent(Request::Add(1, 2)), "3\n");
    assert_eq!(sent(Request::Quit), "bye\n");
    assert_eq!(sent(Request::Other(String::new())), "");
    assert_eq!(calculator.handle_call(Request::Other("?".to_owned())), Action::close());
    let item = calculator.handle_call(Request::Quit);
    assert_ne!(item, calculator.handle_call(Request::Quit));
    assert!(format!("{item:?}").contains("an item of type &str"), "{item:?}");
}

/// A codec of byte frames, whose decoded item differs from its encoded type, with tables over the
/// items.
struct Frames;

#[tcp_server(port = 0, packet = LengthDelimitedCodec)]
impl Frames {
    fn handle_call(&self, frame: BytesMut) -> Action {
        match &frame[..] {
            "get {key}" => reply(Bytes::from(format!("no {key}"))),
            b"quit" => close(Bytes::from_static(b"bye")),
            _ => reply(frame.freeze()),
        }
    }
}

#[tokio::test]
async fn bytes_that_are_an_item_can_be_a_table() {
    let server = start(with(Frames, Frames::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call(b"\0\0\0\x05get k", b"\0\0\0\x04no k").await;
    client.call(b"\0\0\0\x02hi", b"\0\0\0\x02hi").await;
    client.call(b"\0\0\0\x04quit", b"\0\0\0\x03bye").await;
    client.expect_eof().await;
    assert_eq!(Frames::PROTOCOL[0].pattern, "get {key}");
}

/// A frame, and how many came before it.
struct Numbered {
    number: u8,
    frame: BytesMut,
}

impl AsRef<[u8]> for Numbered {
    fn as_ref(&self) -> &[u8] {
        &self.frame
    }
}

#[derive(Default)]
struct Numbers(LengthDelimitedCodec, u8);

impl Decoder for Numbers {
    type Item = Numbered;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Numbered>> {
        let Some(frame) = self.0.decode(input)? else {
            return Ok(None);
        };
        self.1 += 1;
        Ok(Some(Numbered { number: self.1, frame }))
    }
}

impl Encoder<Bytes> for Numbers {
    type Error = io::Error;

    fn encode(&mut self, frame: Bytes, output: &mut BytesMut) -> io::Result<()> {
        self.0.encode(frame, output)
    }
}

/// A codec whose items have more than bytes.
struct Ids;

#[tcp_server(port = 0, packet = Numbers)]
impl Ids {
    fn handle_call(&self, request: Numbered) -> Action {
        match request.as_ref() {
            #[name = "square"]
            bits!(0x01u8, side: u8) => reply(Bytes::from(bits!(request.number: u8, u16::from(side).pow(2): u16))),
            "get {key}" => reply(Bytes::from(format!("no {key}"))),
            _ => close,
        }
    }
}

#[tokio::test]
async fn the_bytes_of_an_item_that_has_more_can_be_a_table() {
    let server = start(with(Ids, Ids::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call(b"\0\0\0\x02\x01\x10", b"\0\0\0\x03\x01\x01\0").await;
    client.call(b"\0\0\0\x02\x01\x02", b"\0\0\0\x03\x02\0\x04").await;
    client.call(b"\0\0\0\x05get k", b"\0\0\0\x04no k").await;
    client.send(b"\0\0\0\x01x").await;
    client.expect_eof().await;
    let calls: Vec<_> = server.info().arms.iter().map(|arm| (arm.name, arm.calls)).collect();
    assert_eq!(calls, [("square", 2), ("get", 1), ("arm_3", 1)]);
}

/// A codec of lines in which the last line needs no end.
struct Lines;

#[tcp_server(port = 0, packet = LinesCodec)]
impl Lines {
    fn handle_call(&self, line: String) -> Action {
        reply(line.to_uppercase())
    }
}

#[tokio::test]
async fn at_the_end_of_input_the_codec_has_the_last_word() {
    let server = start(with(Lines, Lines::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("one\ntwo\nthree").await;
    client.half_close().await;
    client.expect("ONE\nTWO\nTHREE\n").await;
    client.expect_eof().await;
}
