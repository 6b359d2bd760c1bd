//! A connection that is passed on: bytes in both directions, counted, until both sides have ended.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use kai_tcp_server::{INFINITY, Socket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// The longest time in which no byte passes, in either direction. It may take twice as long until a
/// connection is given up.
const SILENCE: Duration = Duration::from_hours(1);

/// The longest time for which bytes are passed on. (`max_age` lets a call finish, however long it
/// takes.)
const LIFE: Duration = Duration::from_hours(24);

/// The reason for which no more bytes are passed on.
pub enum End {
    BothEnded,
    Broken(io::Error),
    Silent,
    TooOld,
    Stopping,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::BothEnded => f.write_str("both sides ended"),
            End::Broken(error) => write!(f, "broken: {error}"),
            End::Silent => f.write_str("both sides were silent"),
            End::TooOld => f.write_str("too old"),
            End::Stopping => f.write_str("the server stops"),
        }
    }
}

/// The bytes that have passed so far.
#[derive(Default)]
pub struct Traffic {
    /// From the client to the target.
    up: AtomicU64,
    down: AtomicU64,
}

impl Traffic {
    /// Counts bytes that have passed.
    pub fn count(&self, up: usize, down: usize) {
        self.up.fetch_add(up as u64, Relaxed);
        self.down.fetch_add(down as u64, Relaxed);
    }

    /// Waits until no byte has passed for `limit`.
    pub async fn silence(&self, limit: Duration) {
        let mut before = None;
        loop {
            let now = (self.up.load(Relaxed), self.down.load(Relaxed));
            if before == Some(now) {
                return;
            }
            before = Some(now);
            sleep(limit).await;
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (up, down) = (self.up.load(Relaxed), self.down.load(Relaxed));
        write!(f, "{up} bytes up, {down} bytes down")
    }
}

/// The connection to a target. It counts for both directions, as all bytes pass through it.
pub struct Upstream {
    stream: TcpStream,
    traffic: Arc<Traffic>,
    /// True if both sides have ended, so that nothing is missing.
    whole: bool,
}

impl Upstream {
    pub fn new(stream: TcpStream, traffic: Arc<Traffic>) -> Self {
        let whole = false;
        Upstream { stream, traffic, whole }
    }
}

/// A connection that was cut ends with a reset, also if the call is cut in which it is passed on.
/// So the target doesn't take a part of an upload for all of it.
impl Drop for Upstream {
    fn drop(&mut self) {
        if !self.whole {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Upstream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.traffic.count(0, buf.filled().len() - before);
        read
    }
}

impl AsyncWrite for Upstream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(bytes)) = written {
            self.traffic.count(bytes, 0);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Passes bytes on until both sides have ended. If one ends, the other one is told, and may go on.
pub async fn relay(socket: &mut Socket, mut upstream: Upstream) -> End {
    // One side may be silent while the other one sends, and may take its time to read: the limit is
    // on the silence of both.
    socket.set_recv_timeout(INFINITY);
    socket.set_send_timeout(INFINITY);
    let (traffic, stopping) = (Arc::clone(&upstream.traffic), socket.stopping());
    let end = tokio::select! {
        copied = copy_bidirectional(socket, &mut upstream) => copied.map_or_else(End::Broken, |_| End::BothEnded),
        () = traffic.silence(SILENCE) => End::Silent,
        () = sleep(LIFE) => End::TooOld,
        () = stopping => End::Stopping,
    };
    upstream.whole = matches!(end, End::BothEnded);
    end
}
