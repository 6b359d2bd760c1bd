//! The way in: the read buffer, and the frames that are cut from it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, ReadBuf};

use super::buffer::Buffer;
use super::{Broken, Io, Saw};
#[cfg(feature = "codec")]
use crate::error::Error;
use crate::packet::http::Line;
use crate::packet::{Bounds, Cut, FrameError, Packet, Position};

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
    /// What came of a frame has waited so long for the rest.
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

/// What has come. A frame that is lent where it lies borrows this half of a connection alone, while replies go out by the other.
#[doc(hidden)]
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct Reader {
    pub(super) buffer: Buffer,
    position: Position,
    /// The peer has shut down its sending side.
    pub(super) eof: bool,
    /// The last read filled its buffer: most likely there is more.
    filled: bool,
    /// It didn't, and nothing was waited for since: most likely there is no more.
    drained: bool,
    /// Whether there is anything that a codec hasn't seen: bytes, or the end.
    pub(super) unseen: bool,
    /// A frame was taken, or bytes as they came: what comes next has all its time.
    pub(crate) taken: bool,
    /// A call has received something itself, so that the wait for the next frame begins anew.
    pub(crate) received: bool,
    /// Whether messages can come.
    pub(crate) takes_messages: bool,
}

impl Reader {
    pub(super) fn new(packet: Packet, takes_messages: bool) -> Self {
        Reader {
            buffer: Buffer::default(),
            position: Position::new(packet),
            eof: false,
            filled: false,
            drained: false,
            unseen: false,
            taken: false,
            received: false,
            takes_messages,
        }
    }

    /// What the frame that was found last is to be read as, if it is a line of HTTP.
    pub(crate) fn line(&self) -> Line {
        self.position.line()
    }

    /// The next frame, if it is here whole.
    #[inline]
    pub(crate) fn find(&mut self, bounds: &Bounds) -> Result<Option<Cut>, FrameError> {
        if self.buffer.is_empty() {
            // No mode makes a frame of nothing.
            return Ok(None);
        }
        self.position.cut(bounds, self.buffer.as_slice())
    }

    /// The frame at `cut`, where it lies.
    #[inline]
    pub(crate) fn frame(&self, cut: &Cut) -> &[u8] {
        &self.buffer.as_slice()[cut.frame.clone()]
    }

    /// Passes over the frame at `cut`.
    #[inline]
    pub(crate) fn consume(&mut self, cut: &Cut) {
        self.buffer.consume(cut.end);
        self.unseen = true;
        self.taken = true;
    }

    /// Takes the frame at `cut` off the input.
    pub(crate) fn split(&mut self, cut: &Cut) -> Bytes {
        let frame = self.buffer.split_to(cut.end).freeze();
        self.unseen = true;
        self.taken = true;
        frame.slice(cut.frame.clone())
    }

    /// What was split off is gone, so that the buffer may be whole again.
    pub(crate) fn tidy(&mut self) {
        self.buffer.tidy();
    }

    /// The decoder starts anew, as bytes were taken that were no frame of its.
    pub(super) fn forget_position(&mut self) {
        self.position.reset();
        self.unseen = true;
    }
}

impl Io {
    /// The next frame, if it is here whole.
    #[inline]
    pub(crate) fn find(&mut self) -> Result<Option<Cut>, FrameError> {
        self.reader.find(&self.writer.settings.bounds)
    }

    #[inline]
    pub(crate) fn is_eof(&self) -> bool {
        self.reader.eof
    }

    /// How many bytes were read and not handled.
    #[inline]
    pub(crate) fn unhandled(&self) -> usize {
        self.reader.buffer.len()
    }

    pub(crate) fn packet(&self) -> Packet {
        self.reader.position.packet()
    }

    /// From here on frames are cut under `packet`, also from what is buffered, and replies are framed under it.
    pub(crate) fn set_packet(&mut self, packet: Packet) {
        self.reader.position.set_packet(packet);
        self.writer.framing = packet.framing();
    }

    /// Takes `n` bytes off the input, if they are here.
    fn take_exact(&mut self, n: usize) -> Option<Bytes> {
        (self.reader.buffer.len() >= n).then(|| {
            let bytes = self.reader.buffer.split_to(n).freeze();
            self.reader.taken = true;
            self.reader.forget_position();
            bytes
        })
    }

    /// Whether there is more to read, most likely, than the last read had space for.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        self.reader.filled
    }

    /// See [`Buffer::rest`].
    #[inline]
    pub(crate) fn rest(&mut self) {
        self.reader.buffer.rest();
    }

    /// Reads once: much where frames are `lent`, so that nobody can keep a part of it, or where there is more than the last read had
    /// space for. False: end of input.
    pub(crate) fn poll_fill(&mut self, lent: bool, cx: &mut Context<'_>) -> Poll<Result<bool, Broken>> {
        let Io { reader, writer, .. } = self;
        if reader.eof {
            return Poll::Ready(Ok(false));
        }
        if let Some(broken) = writer.broken() {
            return Poll::Ready(Err(broken));
        }
        // Who waits for more does so without a buffer; who needn't keeps the one that would be taken again.
        if std::mem::take(&mut reader.drained) && reader.buffer.is_empty() {
            let ready = writer.transport.poll_read_ready(cx);
            if ready.is_pending() || !reader.buffer.is_fresh(lent) {
                reader.buffer.rest();
            }
            ready!(ready);
        }
        let much = std::mem::take(&mut reader.filled) || (lent && reader.buffer.is_empty());
        let read = pin!(writer.transport.read_buf(reader.buffer.space(much))).poll(cx);
        if !matches!(read, Poll::Ready(Ok(n)) if n > 0) {
            reader.buffer.tidy();
        }
        match ready!(read) {
            Ok(n) => {
                reader.eof = n == 0;
                reader.filled = reader.buffer.is_full();
                reader.drained = !reader.filled;
                reader.unseen = true;
                writer.count_received(n);
                Poll::Ready(Ok(n > 0))
            }
            Err(_) => Poll::Ready(Err(writer.break_off(Broken::Reset))),
        }
    }

    /// Reads once, for the frame of which there may be a part already. False: end of input.
    pub(super) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, RecvError>> {
        if let Poll::Ready(filled) = self.poll_fill(false, cx) {
            return Poll::Ready(filled.map_err(RecvError::Broken));
        }
        self.writer.receives(cx);
        let late = ready!(self.poll_frame_timeout(cx));
        Poll::Ready(Err(RecvError::Late(late)))
    }

    /// Waits for the next frame. None: end of input.
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

    /// Waits for `n` bytes. Fewer: the input ended.
    pub(crate) fn poll_recv_exact(&mut self, n: usize, cx: &mut Context<'_>) -> Poll<Result<Bytes, RecvError>> {
        loop {
            if let Some(bytes) = self.take_exact(n) {
                return Poll::Ready(Ok(bytes));
            }
            if !ready!(self.poll_rest(cx))? {
                return Poll::Ready(Err(RecvError::Ended { had: self.unhandled() }));
            }
        }
    }

    /// Reads what there is, buffered bytes first, for a handler that reads raw bytes.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), ReadError>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let Poll::Ready(read) = self.poll_read_some(cx, buf) else {
            self.writer.receives(cx);
            let late = ready!(self.poll_read_timeout(cx));
            self.writer.saw = Some(Saw::Timeout);
            return Poll::Ready(Err(ReadError::Late(late)));
        };
        self.begin_read();
        let ended = read.is_ok() && buf.filled().len() == before;
        self.writer.saw = ended.then_some(Saw::End);
        Poll::Ready(read.map_err(ReadError::Broken))
    }

    fn poll_read_some(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Broken>> {
        let Io { reader, writer, .. } = self;
        if !reader.buffer.is_empty() {
            let n = buf.remaining().min(reader.buffer.len());
            buf.put_slice(&reader.buffer.split_to(n));
            reader.taken = true;
            reader.forget_position();
            reader.buffer.tidy();
            return Poll::Ready(Ok(()));
        }
        if reader.eof {
            return Poll::Ready(Ok(()));
        }
        if let Some(broken) = writer.broken() {
            return Poll::Ready(Err(broken));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut writer.transport).poll_read(cx, buf)).map_err(|_| writer.break_off(Broken::Reset))?;
        let n = buf.filled().len() - before;
        reader.eof = n == 0;
        reader.unseen = true;
        writer.count_received(n);
        Poll::Ready(Ok(()))
    }

    /// Throws input away until the peer closes or has sent too much of it.
    pub(crate) async fn drain(&mut self) {
        let mut left = LINGER_BYTES.saturating_sub(self.unhandled());
        self.reader.buffer.clear();
        while left > 0
            && let Ok(true) = poll_fn(|cx| self.poll_fill(false, cx)).await
        {
            left = left.saturating_sub(self.unhandled());
            self.reader.buffer.clear();
        }
    }
}
