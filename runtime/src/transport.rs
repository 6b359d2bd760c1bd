//! What carries the bytes of a connection.

pub(crate) mod lingering_close;
mod memory;
pub(crate) mod tcp;

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, Interest, ReadBuf, Ready};
use tokio::net::TcpStream;

use self::memory::MemoryStream;
use crate::task::budget::poll_unbudgeted;

/// What an in-memory connection has for an address.
pub(crate) const NO_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

#[derive(Debug)]
pub(crate) enum Transport {
    Tcp(TcpStream),
    Memory(MemoryStream),
}

/// What can be told of the peer while nobody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is there, and the task is woken when anything comes.
    There,
    /// Bytes of it wait. When the end comes behind them the task is woken only where the system does that: look again.
    Unread,
    /// Its end has come, behind bytes or not. It may reset the connection yet, which wakes nobody: look again.
    Ended,
    Reset,
}

impl From<DuplexStream> for Transport {
    fn from(stream: DuplexStream) -> Self {
        Transport::Memory(MemoryStream::new(stream))
    }
}

impl Transport {
    /// Looks for the peer's end, without taking any of its bytes off. Without `closely` bytes that may have been read already
    /// are taken for unread ones, which saves a system call.
    pub(crate) fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        match self {
            Transport::Tcp(stream) => look_at(stream, closely, cx),
            Transport::Memory(stream) => stream.look(cx),
        }
    }

    /// Whether what [`look`](Self::look) saw may change without a wake-up.
    pub(crate) fn changes_unseen(&self, sight: Sight) -> bool {
        matches!(self, Transport::Tcp(_)) && matches!(sight, Sight::Unread | Sight::Ended)
    }

    /// The address of this end, where it has one.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Transport::Tcp(stream) => stream.local_addr().ok(),
            Transport::Memory(_) => None,
        }
    }

    /// Ready when it may be worth to read; whoever is told to wait is woken then.
    #[inline]
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            // An error shows when it is read.
            Transport::Tcp(stream) => stream.poll_read_ready(cx).map(drop),
            Transport::Memory(_) => Poll::Ready(()),
        }
    }
}

fn look_at(stream: &TcpStream, closely: bool, cx: &mut Context<'_>) -> Sight {
    // An error is the runtime's end.
    let Poll::Ready(Ok(())) = poll_unbudgeted(cx, |cx| stream.poll_read_ready(cx)) else {
        return Sight::There;
    };
    let mut byte = [0];
    let peeked = closely.then(|| poll_unbudgeted(cx, |cx| stream.poll_peek(cx, &mut ReadBuf::new(&mut byte))));
    // Known from the system's events, so that it is seen behind unread bytes too, and stays known.
    let ready = readiness(stream);
    if ready.is_error() || matches!(peeked, Some(Poll::Ready(Err(_)))) {
        Sight::Reset
    } else if ready.is_read_closed() || matches!(peeked, Some(Poll::Ready(Ok(0)))) {
        Sight::Ended
    } else if matches!(peeked, Some(Poll::Pending)) {
        Sight::There
    } else {
        Sight::Unread
    }
}

/// What the system has told of a stream so far.
fn readiness(stream: &TcpStream) -> Ready {
    let told = pin!(stream.ready(Interest::READABLE | Interest::ERROR));
    match told.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(ready)) => ready,
        Poll::Ready(Err(_)) | Poll::Pending => Ready::EMPTY,
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Transport::Memory(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Transport::Memory(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            Transport::Memory(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Memory(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Memory(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
