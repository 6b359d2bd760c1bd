//! The receives of a callback by its socket, in the middle of a call.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::ReadBuf;
use tokio::sync::watch;

use super::Io;
#[cfg(feature = "codec")]
use super::codec::Codec;
use super::presence::{Broken, Saw, Seen};
#[cfg(feature = "codec")]
use crate::error::Error;
use crate::packet::FrameError;
use crate::table::state::ListedState;

/// The most that is read and thrown away after a close, in bytes and in time, so that no reset eats
/// the last reply.
const LINGER_BYTES: usize = 1024 * 1024;
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(1);

/// Why a receive failed.
#[derive(Debug)]
pub(crate) enum RecvError {
    Frame(FrameError),
    #[cfg(feature = "codec")]
    Item(Error),
    Broken(Broken),
    /// A part of a frame has waited for the rest for so long.
    Late(Duration),
    Ended {
        had: usize,
    },
}

/// Why a raw read failed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadError {
    Broken(Broken),
    /// Nothing came within this, `recv_timeout`.
    Late(Duration),
}

impl Io {
    /// Tells from now on what is seen of the peer.
    pub(crate) fn watch(&mut self) -> watch::Receiver<Seen> {
        self.stream.watch(self.reader.eof)
    }

    /// Reads once, for the frame of which there may be a part already. Returns `false` at the end
    /// of input.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, RecvError>> {
        if let Poll::Ready(filled) = self.poll_fill(false, cx) {
            return Poll::Ready(filled.map_err(RecvError::Broken));
        }
        self.stream.set_receiver(cx);
        let late = ready!(self.poll_frame_timeout(cx));
        Poll::Ready(Err(RecvError::Late(late)))
    }

    /// Waits for the next frame. Returns `None` at the end of input.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, RecvError>> {
        loop {
            if let Some(cut) = self.find().map_err(RecvError::Frame)? {
                return Poll::Ready(Ok(Some(self.reader.split(&cut))));
            }
            if !ready!(self.poll_rest(cx))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Waits for `n` bytes.
    pub(crate) fn poll_recv_exact(&mut self, n: usize, cx: &mut Context<'_>) -> Poll<Result<Bytes, RecvError>> {
        loop {
            if let Some(bytes) = self.reader.split_exact(n) {
                return Poll::Ready(Ok(bytes));
            }
            if !ready!(self.poll_rest(cx))? {
                return Poll::Ready(Err(RecvError::Ended { had: self.unhandled() }));
            }
        }
    }

    /// Waits for the codec's next item. Returns `None` at the end of input.
    #[cfg(feature = "codec")]
    pub(crate) fn poll_recv_item<C: Codec>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<C::Item>, RecvError>> {
        // A codec may hold something of what came in plain.
        #[cfg(feature = "tls-provider")]
        if self.stream.broken() == Some(Broken::Handshake) {
            return Poll::Ready(Err(RecvError::Broken(Broken::Handshake)));
        }
        loop {
            let ended = self.is_eof();
            if let Some(item) = self.find_item::<C>().map_err(RecvError::Item)? {
                return Poll::Ready(Ok(Some(item)));
            }
            if ended {
                return Poll::Ready(Ok(None));
            }
            ready!(self.poll_rest(cx))?;
        }
    }

    /// Reads what there is, buffered bytes first, for a handler that reads raw bytes. `states` are those
    /// of the protocol, for the limit.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        states: &[ListedState],
    ) -> Poll<Result<(), ReadError>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let Poll::Ready(read) = self.poll_read_some(cx, buf) else {
            self.stream.set_receiver(cx);
            let late = ready!(self.stream.poll_read_timeout(self.stream.recv_timeout(states), cx));
            self.stream.set_saw(Some(Saw::Timeout));
            return Poll::Ready(Err(ReadError::Late(late)));
        };
        self.stream.begin_read();
        let ended = read.is_ok() && buf.filled().len() == before;
        self.stream.set_saw(ended.then_some(Saw::End));
        Poll::Ready(read.map_err(ReadError::Broken))
    }

    fn poll_read_some(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Broken>> {
        if self.unhandled() > 0 {
            self.reader.copy_to(buf);
            return Poll::Ready(Ok(()));
        }
        self.reader.poll_read(&mut self.stream, buf, cx)
    }

    /// Throws input away until the peer closes or has sent too much of it.
    pub(crate) async fn drain(&mut self) {
        #[cfg(feature = "tls-provider")]
        self.stream.forget_handshake();
        let mut left = LINGER_BYTES.saturating_sub(self.reader.discard());
        while left > 0
            && let Ok(true) = poll_fn(|cx| self.poll_fill(false, cx)).await
        {
            left = left.saturating_sub(self.reader.discard());
        }
    }
}
