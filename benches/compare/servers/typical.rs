//! The server that tutorials about tokio show: a task per connection, a buffered reader, a write
//! per line.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::work;
use crate::Result;

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

async fn echo<const WORKING: bool>(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await? > 0 {
        if WORKING {
            work();
        }
        if line == b"bye\r\n" {
            return writer.write_all(b"cya\r\n").await;
        }
        writer.write_all(&line).await?;
        line.clear();
    }
    Ok(())
}
