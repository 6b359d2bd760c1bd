//! actix-server, as its example of an echo server, with lines: `read_buf` into one buffer, `write_all` for each line.

use std::io;
use std::net::SocketAddr;

use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::fn_service;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::Result;

pub(super) fn serve(addr: SocketAddr) -> Result {
    let served = actix_rt::System::new().block_on(async move {
        Server::build()
            .max_concurrent_connections(20_000)
            .bind("echo", addr, || fn_service(echo))?
            .run()
            .await
    });
    Ok(served?)
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
