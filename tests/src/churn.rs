//! Clients that come and go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Connects, sends `hello`, `yield` or `panic` as a line, and disconnects, again and again until
/// `stop` is set. `n` selects the first word.
pub async fn come_and_go(addr: SocketAddr, stop: Arc<AtomicBool>, n: usize) {
    let lines: [&[u8]; 3] = [b"hello\n", b"yield\n", b"panic\n"];
    for turn in n.. {
        if stop.load(SeqCst) {
            return;
        }
        let Ok(mut stream) = TcpStream::connect(addr).await else {
            continue;
        };
        let _ = stream.write_all(lines[turn % 3]).await;
        // An answer, the end or a reset.
        let _ = stream.read(&mut [0; 16]).await;
    }
}
