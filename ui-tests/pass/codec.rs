#![deny(warnings)]
#![warn(clippy::pedantic)]

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, Failure, Peer, Result, Socket, tcp_server};
use tokio_util::codec::{BytesCodec, Decoder, LengthDelimitedCodec, LinesCodec};

/// Several encoders, borrowed items, words wherever they stand.
struct Lines {
    greeting: String,
}

#[tcp_server(port = 0, packet = LinesCodec)]
impl Lines {
    async fn connected(&self, socket: &mut Socket, _: Peer<String>) -> Result<usize> {
        socket.send_item::<LinesCodec>(&self.greeting).await?;
        Ok(0)
    }

    async fn handle_call(&self, line: String, socket: &mut Socket, lines: &mut usize) -> Result<Action> {
        *lines += 1;
        Ok(match &*line {
            "again" => match socket.recv_item::<LinesCodec>().await? {
                Some(line) => reply(line),
                None => close,
            },
            "greeting" => reply(&*self.greeting),
            "quit" => close("bye"),
            "words" => vec![reply("a"), noreply].swap_remove(0),
            _ => self.other(line),
        })
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn failed(&self, failure: &Failure) -> Action {
        close(failure.to_string())
    }

    fn other(&self, line: String) -> Action {
        Some(line).filter(|line| !line.is_empty()).map_or(noreply, reply)
    }
}

/// The item as the codec names it.
struct Named;

#[tcp_server(port = 0, packet = tokio_util::codec::LengthDelimitedCodec)]
impl Named {
    fn handle_call(&self, frame: <LengthDelimitedCodec as Decoder>::Item) -> Action {
        reply(frame.freeze())
    }
}

/// A codec by its alias, with generics; a pattern as the parameter; no frame at all.
type Alias = Generic<u8>;

#[derive(Default)]
struct Generic<T> {
    bytes: BytesCodec,
    _of: Vec<T>,
}

impl<T> Decoder for Generic<T> {
    type Item = (BytesMut, usize);
    type Error = std::io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> std::io::Result<Option<Self::Item>> {
        Ok(self.bytes.decode(input)?.map(|bytes| {
            let length = bytes.len();
            (bytes, length)
        }))
    }
}

impl<T> tokio_util::codec::Encoder<Bytes> for Generic<T> {
    type Error = std::io::Error;

    fn encode(&mut self, bytes: Bytes, output: &mut BytesMut) -> std::io::Result<()> {
        self.bytes.encode(bytes, output)
    }
}

struct Turbofish;

#[tcp_server(port = 0, packet = Generic<u8>)]
impl Turbofish {
    fn handle_call(&self, (bytes, length): (BytesMut, usize)) -> Action {
        if length > 3 { reply(bytes.freeze()) } else { close }
    }
}

struct Aliased<T>(T);

#[tcp_server(port = 0, packet = Alias)]
impl<T: Clone + Send + Sync + 'static> Aliased<T> {
    fn handle_call(&self, item: (BytesMut, usize)) -> Action {
        match item {
            (bytes, 0..4) => reply(bytes.freeze()),
            _ => self.close_it(),
        }
    }

    fn close_it(&self) -> Action {
        close(Bytes::from_static(b"bye"))
    }
}

struct Called;

#[tcp_server(port = 0, packet = Generic::<Vec<u8>>, recv_limit = 10)]
impl Called {
    fn handle_call(&self, _: (BytesMut, usize)) -> Action {
        noreply
    }
}

struct Blind;

#[tcp_server(port = 0, packet = LinesCodec)]
impl Blind {
    fn handle_call(&self) -> Action {
        reply("something came")
    }
}

fn main() {
    let greeting = String::new();
    let _ = || kai_tcp_server::run(Lines { greeting });
    let _ = || kai_tcp_server::run((Named, Turbofish, Aliased(1), Called, Blind));
    assert_eq!(Blind.handle_call().into_bytes().unwrap(), "something came\n");
}
