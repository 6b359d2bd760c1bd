//! actix-server, as its example of an echo server, with lines: `read_buf` into one buffer, `write_all` for each line.

use std::io;
use std::net::SocketAddr;

use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::fn_service;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[actix_rt::main]
async fn main() -> io::Result<()> {
    let addr = std::env::args().nth(1).and_then(|addr| addr.parse().ok());
    let addr: SocketAddr = addr.ok_or_else(|| io::Error::other("usage: actix ADDRESS"))?;
    Server::build()
        .max_concurrent_connections(20_000)
        .bind("echo", addr, || fn_service(echo))?
        .run()
        .await
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(4096);
    while stream.read_buf(&mut buffer).await? > 0 {
        while let Some(end) = memchr::memchr(b'\n', &buffer) {
            let line = buffer.split_to(end + 1);
            if line == b"bye\r\n"[..] {
                return stream.write_all(b"cya\r\n").await;
            }
            stream.write_all(&line).await?;
        }
    }
    Ok(())
}
