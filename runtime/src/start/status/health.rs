//! The answer over HTTP: whether the server is ready.
//!
//! It is no HTTP server: whatever is asked has one answer.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::server::{Server, ServerState};

/// The longest request line that is read.
const REQUEST_MAX: usize = 1024;

/// Reads a request line, and returns its answer; `None` if no whole line comes.
pub(super) async fn answer(stream: &mut TcpStream, server: &Server) -> io::Result<Option<String>> {
    let mut request = Vec::new();
    while !request.contains(&b'\n') {
        let left = REQUEST_MAX.saturating_sub(request.len()) as u64;
        if (&mut *stream).take(left).read_buf(&mut request).await? == 0 {
            return Ok(None);
        }
    }
    let (status, word) = match server.state() {
        ServerState::Listening => ("200 OK", "ready"),
        ServerState::Suspended(_) => ("503 Service Unavailable", "suspended"),
        ServerState::Stopping | ServerState::Stopped => ("503 Service Unavailable", "stopping"),
    };
    let mut body = format!("{word}\n");
    for addr in server.local_addrs() {
        body = body + &addr.to_string() + "\n";
    }
    let length = body.len();
    if request.starts_with(b"HEAD ") {
        body.clear();
    }
    Ok(Some(format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    )))
}
