//! In memory: a stream within the program, for tests. What connects is in `connector`, what
//! accepts in `queue`.

pub(super) mod connector;
pub(super) mod queue;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::runtime::Handle;

use self::connector::Connector;
use self::queue::InMemoryQueue;
use super::AnyTransport;
use super::addr::LocalAddr;
use super::listener::{self, Endpoint};
use super::own::{Listener, OwnEndpoint};
use super::{Sight, Transport};
use crate::error::Result;
use crate::options::Options;
use crate::task::budget::poll_unbudgeted;

/// The most connections that wait, whatever `backlog` says.
const WAITING: usize = 1024;

/// A server without a port.
#[derive(Debug)]
pub(super) struct MemoryEndpoint<L: Listener> {
    listener: OwnEndpoint<L>,
    connector: Connector,
}

/// Returns the endpoint of a server without a port.
pub(super) fn endpoint(options: &Options) -> Box<dyn Endpoint> {
    endpoint_of(options, |queue| queue, AnyTransport::Memory)
}

/// Returns an endpoint whose listener is made of the connections that come, as tests have one.
pub(super) fn endpoint_of<L: Listener>(
    options: &Options,
    listener: impl FnOnce(InMemoryQueue) -> L,
    any: fn(L::Transport) -> AnyTransport,
) -> Box<dyn Endpoint> {
    let most = usize::try_from(options.backlog).map_or(WAITING, |backlog| backlog.min(WAITING));
    let (queue, connector) = InMemoryQueue::new(most);
    let listener = OwnEndpoint::new(listener(queue), LocalAddr::Memory, most, any).reopens();
    Box::new(MemoryEndpoint { listener, connector })
}

impl<L: Listener> Endpoint for MemoryEndpoint<L> {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn listener::PortListener>>> {
        self.listener.listen(runtimes)
    }

    fn local_addr(&self) -> LocalAddr {
        self.listener.local_addr()
    }

    fn close(&self) {
        self.listener.close();
    }

    fn connector(&self) -> Option<Connector> {
        Some(self.connector.clone())
    }
}

/// The most that is read ahead of whoever takes it: what is in the pipe is read to see whether the
/// end is behind it.
const AHEAD: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct MemoryStream {
    stream: DuplexStream,
    /// Read to see whether the end is behind it. There only while it holds bytes.
    ahead: Option<Box<BytesMut>>,
}

impl From<DuplexStream> for MemoryStream {
    fn from(stream: DuplexStream) -> Self {
        MemoryStream { stream, ahead: None }
    }
}

impl Transport for MemoryStream {
    /// A peer that is gone is one that has ended, as there are no resets in memory.
    fn look(&mut self, _: bool, cx: &mut Context<'_>) -> Sight {
        while self.ahead.as_ref().map_or(0, |ahead| ahead.len()) < AHEAD {
            let mut bytes = [0; 512];
            let mut read = ReadBuf::new(&mut bytes);
            match poll_unbudgeted(cx, |cx| Pin::new(&mut self.stream).poll_read(cx, &mut read)) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    self.ahead.get_or_insert_default().extend_from_slice(read.filled());
                }
                Poll::Ready(_) => return Sight::Ended,
                Poll::Pending => break,
            }
        }
        if self.ahead.is_some() {
            Sight::Unread
        } else {
            Sight::There
        }
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        Some(LocalAddr::Memory)
    }
}

impl AsyncRead for MemoryStream {
    #[inline]
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_none() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        self.take_ahead(buf);
        Poll::Ready(Ok(()))
    }
}

impl MemoryStream {
    #[cold]
    fn take_ahead(&mut self, buf: &mut ReadBuf<'_>) {
        if let Some(ahead) = &mut self.ahead {
            let n = ahead.len().min(buf.remaining());
            buf.put_slice(&ahead[..n]);
            ahead.advance(n);
        }
        self.ahead.take_if(|ahead| ahead.is_empty());
    }
}

impl AsyncWrite for MemoryStream {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    #[inline]
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
