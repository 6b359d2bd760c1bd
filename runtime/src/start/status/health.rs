//! The answer over HTTP: whether the server is ready.
//!
//! It is no HTTP server: whatever is asked has one answer, but for `/metrics` (`scrape.rs`).

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

#[cfg(feature = "metrics")]
use super::scrape;
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
    #[cfg(feature = "metrics")]
    if scrape::is_asked_for(&request) {
        let figures = scrape::answer(stream, &mut request, server).await?;
        return Ok(figures.map(|(format, text)| response(&request, "200 OK", format.media_type(), text)));
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
    Ok(Some(response(&request, status, "text/plain", body)))
}

fn response(request: &[u8], status: &str, media_type: &str, mut body: String) -> String {
    let length = body.len();
    if request.starts_with(b"HEAD ") {
        body.clear();
    }
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    )
}
