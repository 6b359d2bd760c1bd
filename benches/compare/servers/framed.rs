//! `Framed` with a codec of lines as bytes. `LinesCodec` takes text only, and removes the line end.

use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Decoder, Encoder, Framed};

use super::work;
use crate::Result;

struct Lines;

impl Decoder for Lines {
    type Item = Bytes;
    type Error = io::Error;

    fn decode(&mut self, from: &mut BytesMut) -> io::Result<Option<Bytes>> {
        let end = memchr::memchr(b'\n', from);
        Ok(end.map(|end| from.split_to(end + 1).freeze()))
    }
}

impl Encoder<Bytes> for Lines {
    type Error = io::Error;

    fn encode(&mut self, line: Bytes, to: &mut BytesMut) -> io::Result<()> {
        to.extend_from_slice(&line);
        Ok(())
    }
}

#[tokio::main]
pub(super) async fn serve<const WORKING: bool>(addr: SocketAddr) -> Result {
    let listener = TcpListener::bind(addr).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = echo::<WORKING>(stream).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn echo<const WORKING: bool>(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut framed = Framed::new(stream, Lines);
    while let Some(line) = framed.next().await {
        let line = line?;
        if WORKING {
            work();
        }
        if line == b"bye\r\n"[..] {
            return framed.send(Bytes::from_static(b"cya\r\n")).await;
        }
        framed.send(line).await?;
    }
    Ok(())
}
