//! The way in: the read buffer, and the frames that are cut from it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, ReadBuf};

use super::{Broken, Io};
#[cfg(feature = "codec")]
use crate::error::Error;
use crate::frame::Held;
use crate::packet::http::Line;
use crate::packet::{Cut, Find, FrameError, Packet};
use crate::pool;

/// The most that is read and thrown away after a close, in bytes and in time, so that no reset eats the last reply.
const LINGER_BYTES: usize = 1024 * 1024;
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(1);

/// Why a receive failed.
#[derive(Debug)]
pub(crate) enum RecvError {
    Frame(FrameError),
    #[cfg(feature = "codec")]
    Item(Error),
    Broken(Broken),
    Ended {
        had: usize,
    },
}

impl Io {
    pub(crate) fn is_eof(&self) -> bool {
        self.eof
    }

    /// How many bytes were read and not handled.
    pub(crate) fn unhandled(&self) -> usize {
        self.input.len()
    }

    pub(crate) fn packet(&self) -> Packet {
        self.decoder.packet()
    }

    /// From here on frames are cut under `packet`, also from what is buffered.
    pub(crate) fn set_packet(&mut self, packet: Packet) {
        self.decoder.set_packet(packet);
    }

    /// What the frame that was found last is to be read as, if it is a line of HTTP.
    pub(crate) fn line(&self) -> Line {
        self.decoder.line()
    }

    /// The next frame, if it is here whole.
    pub(crate) fn find(&mut self) -> Result<Option<Cut>, FrameError> {
        Ok(match self.decoder.find(&self.input)? {
            Find::Frame(cut) => Some(cut),
            Find::More(_) => None,
        })
    }

    /// Takes the frame at `cut` off the input.
    pub(crate) fn split(&mut self, cut: &Cut) -> Bytes {
        let frame = self.input.split_to(cut.end).freeze();
        self.look_again();
        frame.slice(cut.frame.clone())
    }

    /// Holds a frame where it lies, with the buffer.
    pub(crate) fn hold_in_place(&mut self, cut: Cut) -> Held {
        Held::InPlace {
            buffer: std::mem::take(&mut self.input),
            cut,
        }
    }

    /// Takes back what a call held.
    pub(crate) fn release(&mut self, held: Held) {
        match held {
            Held::InPlace { mut buffer, cut } => {
                buffer.advance(cut.end);
                self.input = buffer;
                self.look_again();
            }
            Held::Split(frame) => drop(frame),
        }
        self.tidy();
    }

    /// Takes `n` bytes off the input, if they are here.
    fn take_exact(&mut self, n: usize) -> Option<Bytes> {
        (self.input.len() >= n).then(|| {
            let bytes = self.input.split_to(n).freeze();
            self.forget_position();
            bytes
        })
    }

    /// The decoder starts anew, as bytes were taken that were no frame of its.
    pub(super) fn forget_position(&mut self) {
        self.decoder.reset();
        self.look_again();
    }

    /// The input has changed: a codec may make something of it that it couldn't before.
    #[cfg_attr(not(feature = "codec"), expect(clippy::unused_self))]
    fn look_again(&mut self) {
        #[cfg(feature = "codec")]
        self.items.look_again();
    }

    /// An empty buffer goes back to the pool. One of which a part is held yet can't: it is read into until the call has ended
    /// that may hold it.
    pub(super) fn tidy(&mut self) {
        if self.input.is_empty() && self.input.try_reclaim(pool::BUFFER) {
            pool::give(std::mem::take(&mut self.input));
        }
    }

    /// While a connection waits it keeps no more memory than it must: no empty buffer, though somebody keeps a part of it, and none
    /// that grew for a long frame with little in it.
    pub(crate) fn rest(&mut self) {
        if self.input.is_empty() {
            pool::give(std::mem::take(&mut self.input));
        } else if self.input.len() <= pool::BUFFER / 2 && self.input.try_reclaim(2 * pool::BUFFER) {
            let grown = std::mem::replace(&mut self.input, pool::take());
            self.input.extend_from_slice(&grown);
            pool::give(grown);
        }
    }

    /// Reads once. False: end of input.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Broken>> {
        if self.eof {
            return Poll::Ready(Ok(false));
        }
        if let Some(broken) = self.broken {
            return Poll::Ready(Err(broken));
        }
        if self.input.capacity() == 0 {
            self.input = pool::take();
        } else {
            pool::reserve(&mut self.input, pool::BUFFER / 4);
        }
        let read = pin!(self.transport.read_buf(&mut self.input)).poll(cx);
        self.tidy();
        match ready!(read) {
            Ok(0) => {
                self.eof = true;
                self.look_again();
                Poll::Ready(Ok(false))
            }
            Ok(n) => {
                self.count_received(n);
                self.look_again();
                Poll::Ready(Ok(true))
            }
            Err(_) => Poll::Ready(Err(self.break_off(Broken::Reset))),
        }
    }

    /// Waits for the next frame. None: end of input.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, RecvError>> {
        loop {
            if let Some(cut) = self.find().map_err(RecvError::Frame)? {
                return Poll::Ready(Ok(Some(self.split(&cut))));
            }
            if !ready!(self.poll_fill(cx)).map_err(RecvError::Broken)? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Waits for `n` bytes. Fewer: the input ended.
    pub(crate) fn poll_recv_exact(&mut self, n: usize, cx: &mut Context<'_>) -> Poll<Result<Bytes, RecvError>> {
        loop {
            if let Some(bytes) = self.take_exact(n) {
                return Poll::Ready(Ok(bytes));
            }
            if !ready!(self.poll_fill(cx)).map_err(RecvError::Broken)? {
                return Poll::Ready(Err(RecvError::Ended { had: self.input.len() }));
            }
        }
    }

    /// Reads what there is, buffered bytes first.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Broken>> {
        if !self.input.is_empty() {
            let n = buf.remaining().min(self.input.len());
            buf.put_slice(&self.input.split_to(n));
            self.forget_position();
            self.tidy();
            return Poll::Ready(Ok(()));
        }
        if self.eof || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if let Some(broken) = self.broken {
            return Poll::Ready(Err(broken));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(cx, buf)).map_err(|_| self.break_off(Broken::Reset))?;
        let n = buf.filled().len() - before;
        self.eof = n == 0;
        self.look_again();
        self.count_received(n);
        Poll::Ready(Ok(()))
    }

    /// Throws input away until the peer closes or has sent too much of it.
    pub(crate) async fn drain(&mut self) {
        let mut left = LINGER_BYTES.saturating_sub(self.input.len());
        self.input.clear();
        while left > 0
            && let Ok(true) = poll_fn(|cx| self.poll_fill(cx)).await
        {
            left = left.saturating_sub(self.input.len());
            self.input.clear();
        }
    }

    fn count_received(&self, n: usize) {
        if let Some(link) = &self.link {
            link.count_received(n);
        }
    }
}
