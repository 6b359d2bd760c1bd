//! actix-server, written as its example of an echo server, with lines: `read_buf` into one buffer,
//! `write_all` for each line.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::fn_service;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[actix_rt::main]
async fn main() -> io::Result<()> {
    let usage = || io::Error::other("usage: actix ADDRESS NANOSECONDS");
    let mut words = std::env::args().skip(1);
    let addr = words.next().and_then(|addr| addr.parse().ok());
    let addr: SocketAddr = addr.ok_or_else(usage)?;
    let work = words.next().and_then(|work| work.parse().ok());
    let work = Duration::from_nanos(work.ok_or_else(usage)?);
    Server::build()
        .max_concurrent_connections(20_000)
        .bind("echo", addr, move || fn_service(move |stream| echo(stream, work)))?
        .run()
        .await
}

/// Computes for this time at each call; zero by default.
fn work(time: Duration) {
    if !time.is_zero() {
        let begin = Instant::now();
        while begin.elapsed() < time {
            std::hint::spin_loop();
        }
    }
}

async fn echo(mut stream: TcpStream, time: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(4096);
    while stream.read_buf(&mut buffer).await? > 0 {
        while let Some(end) = memchr::memchr(b'\n', &buffer) {
            let line = buffer.split_to(end + 1);
            work(time);
            if line == b"bye\r\n"[..] {
                return stream.write_all(b"cya\r\n").await;
            }
            stream.write_all(&line).await?;
        }
    }
    Ok(())
}
