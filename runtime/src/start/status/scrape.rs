//! The answer to `/metrics`: the figures of the server, for Prometheus.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::metrics::{Format, Metrics};
use crate::server::Server;

/// The most that is read of a request.
const HEAD_MAX: usize = 8 * 1024;

/// One scrape at a time is gathered, so that a flood of them takes one thread.
static GATHERS: Semaphore = Semaphore::const_new(1);

/// Returns whether a request, as far as its first line, is for `/metrics`, whatever its query.
pub(super) fn is_asked_for(request: &[u8]) -> bool {
    let mut words = request.split(u8::is_ascii_whitespace).skip(1);
    let asked = words.next().and_then(|asked| asked.split(|&byte| byte == b'?').next());
    asked == Some(b"/metrics")
}

/// Reads the rest of the request, and returns the figures in the format that it accepts; `None` if
/// the runtime ends.
///
/// The figures are gathered on a thread of their own, as that takes milliseconds with many
/// connections.
pub(super) async fn answer(
    stream: &mut TcpStream,
    request: &mut Vec<u8>,
    server: &Server,
) -> io::Result<Option<(Format, String)>> {
    while !has_ended(request) && request.len() < HEAD_MAX {
        let left = (HEAD_MAX - request.len()) as u64;
        if (&mut *stream).take(left).read_buf(request).await? == 0 {
            break;
        }
    }
    let format = if accepts_open_metrics(request) {
        Format::OpenMetrics
    } else {
        Format::Prometheus
    };
    let Ok(permit) = GATHERS.acquire().await else {
        return Ok(None);
    };
    let server = server.clone();
    let gathered = spawn_blocking(move || {
        let _permit = permit;
        Metrics::new([server]).to_text(format)
    });
    Ok(gathered.await.ok().map(|text| (format, text)))
}

/// Returns whether the empty line is there that ends a request.
fn has_ended(request: &[u8]) -> bool {
    request.windows(2).any(|end| end == b"\n\n") || request.windows(3).any(|end| end == b"\n\r\n")
}

fn accepts_open_metrics(request: &[u8]) -> bool {
    let lines = String::from_utf8_lossy(request).to_ascii_lowercase();
    let mut accepts = lines.lines().filter_map(|line| line.strip_prefix("accept:"));
    accepts.any(|accepted| accepted.contains("application/openmetrics-text"))
}
