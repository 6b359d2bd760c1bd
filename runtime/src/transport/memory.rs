//! A connection in memory.

pub(super) mod queue;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::Sight;
use crate::task::budget::poll_unbudgeted;

/// The most that is read ahead of whoever takes it: what is in the pipe is read to see whether the end is behind it.
const AHEAD: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct MemoryStream {
    stream: DuplexStream,
    /// Read to see whether the end is behind it. There only while it holds bytes.
    ahead: Option<Box<BytesMut>>,
}

impl MemoryStream {
    pub(super) fn new(stream: DuplexStream) -> Self {
        MemoryStream { stream, ahead: None }
    }

    /// As [`Transport::look`](super::Transport::look); a peer that is gone is one that has ended, as there are no resets in memory.
    pub(super) fn look(&mut self, cx: &mut Context<'_>) -> Sight {
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
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    #[inline]
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
