//! The way in: the read buffer, and the decoder that finds frames in it.

use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::ReadBuf;

use super::buffer::Buffer;
use super::presence::Broken;
use super::stream::Stream;
use crate::packet::http::Line;
use crate::packet::{Bounds, Cut, FrameError, Packet, Position};

/// The bytes that have come and weren't handled yet. A frame that is lent where it lies borrows
/// this half of a connection alone.
#[doc(hidden)]
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct Reader {
    buffer: Buffer,
    position: Position,
    /// The peer has shut down its sending side.
    pub(super) eof: bool,
    /// The last read filled its buffer: most likely there is more.
    filled: bool,
    /// The last read didn't, and the connection hasn't waited since: most likely there is no more.
    drained: bool,
    /// There is something that a codec hasn't seen: bytes, or the end.
    pub(super) unseen: bool,
    /// No whole frame is here: none was found since something was read or a callback ran.
    pub(crate) searched: bool,
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
            searched: false,
            taken: false,
            received: false,
            takes_messages,
        }
    }

    pub(super) fn packet(&self) -> Packet {
        self.position.packet()
    }

    /// Finds frames under `packet` from here on, also in what is buffered.
    pub(super) fn set_packet(&mut self, packet: Packet) {
        self.position.set_packet(packet);
    }

    /// Reads no more, as at the end of input.
    pub(crate) fn hear_no_more(&mut self) {
        self.eof = true;
    }

    /// Returns how many bytes were read and not handled.
    #[inline]
    pub(crate) fn unhandled(&self) -> usize {
        self.buffer.len()
    }

    /// Returns what was read and not handled.
    #[cfg(any(feature = "record", all(target_os = "linux", feature = "upgrade")))]
    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    /// Returns where within a message the decoder is.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    /// Returns whether the stream is within the headers of an HTTP message.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn is_in_headers(&self) -> bool {
        self.position.is_in_headers()
    }

    /// Adds bytes as if they had been read.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.buffer.put(bytes);
            self.unseen = true;
            self.searched = false;
        }
    }

    /// Returns whether there is more to read, most likely, than the last read had space for.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        self.filled
    }

    /// Returns what the frame that was found last is to be read as, if it is a line of HTTP.
    pub(crate) fn line(&self) -> Line {
        self.position.line()
    }

    /// Returns the next frame, if it is here whole.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call loop searches for each frame")]
    pub(super) fn find(&mut self, bounds: &Bounds) -> Result<Option<Cut>, FrameError> {
        if self.buffer.is_empty() {
            // No mode makes a frame of nothing.
            return Ok(None);
        }
        self.position.cut(bounds, self.buffer.as_slice())
    }

    /// Searches for frames again, as a callback may read, or change what a frame is.
    #[inline]
    pub(crate) fn search(&mut self) {
        self.searched = false;
    }

    /// Lends the frame at `cut`, where it lies.
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

    /// Takes `n` bytes off the input, if they are here.
    pub(super) fn split_exact(&mut self, n: usize) -> Option<Bytes> {
        (self.buffer.len() >= n).then(|| self.split_raw(n).freeze())
    }

    /// Takes what has come off the input, as much as `buf` has space for.
    pub(super) fn copy_to(&mut self, buf: &mut ReadBuf<'_>) {
        let n = buf.remaining().min(self.buffer.len());
        buf.put_slice(&self.split_raw(n));
        self.buffer.tidy();
    }

    /// Takes bytes off the input that are no frame of the decoder's.
    fn split_raw(&mut self, n: usize) -> BytesMut {
        let bytes = self.buffer.split_to(n);
        self.taken = true;
        self.restart_decoder();
        bytes
    }

    /// Lends a codec what has come, to take bytes off.
    #[cfg(feature = "codec")]
    pub(super) fn decode<T>(&mut self, decode: impl FnOnce(&mut BytesMut, bool) -> T) -> T {
        let decoded = decode(self.buffer.bytes(), self.eof);
        self.restart_decoder();
        self.buffer.tidy();
        decoded
    }

    /// The decoder starts anew, as bytes were taken that were no frame of its.
    fn restart_decoder(&mut self) {
        self.position.reset();
        self.unseen = true;
    }

    /// Gives an empty buffer back: what was split off may be gone, so that the buffer is whole
    /// again.
    pub(crate) fn tidy(&mut self) {
        self.buffer.tidy();
    }

    /// Gives back what a connection that waits doesn't need; see [`Buffer::rest`].
    #[inline]
    pub(crate) fn rest(&mut self) {
        self.buffer.rest();
    }

    /// Throws away what has come, and returns how much it was.
    pub(super) fn discard(&mut self) -> usize {
        let n = self.buffer.len();
        self.buffer.clear();
        n
    }

    /// Reads once: much where frames are `lent`, so that no handler can keep a part of the buffer,
    /// or where there is more than the last read had space for. Returns `false` at the end of
    /// input.
    pub(super) fn poll_fill(
        &mut self,
        stream: &mut Stream,
        lent: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Broken>> {
        if self.eof {
            return Poll::Ready(Ok(false));
        }
        if let Some(broken) = stream.broken() {
            return Poll::Ready(Err(broken));
        }
        // Who waits for more does so without a buffer; who needn't keeps the one that would be
        // taken again.
        if std::mem::take(&mut self.drained) && self.buffer.is_empty() {
            let ready = stream.poll_read_ready(cx);
            if ready.is_pending() || !self.buffer.is_fresh(lent) {
                self.buffer.rest();
            }
            ready!(ready);
        }
        let much = std::mem::take(&mut self.filled) || (lent && self.buffer.is_empty());
        let read = stream.poll_read_buf(self.buffer.space(much), cx);
        if !matches!(read, Poll::Ready(Ok(n)) if n > 0) {
            self.buffer.tidy();
        }
        let n = ready!(read)?;
        self.eof = n == 0;
        self.filled = self.buffer.is_full();
        self.drained = !self.filled;
        self.unseen = true;
        self.searched = false;
        Poll::Ready(Ok(n > 0))
    }

    /// Reads once into a buffer of a handler's, past the read buffer, which is empty.
    pub(super) fn poll_read(
        &mut self,
        stream: &mut Stream,
        buf: &mut ReadBuf<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        if self.eof {
            return Poll::Ready(Ok(()));
        }
        if let Some(broken) = stream.broken() {
            return Poll::Ready(Err(broken));
        }
        let n = ready!(stream.poll_read(buf, cx))?;
        self.eof = n == 0;
        self.unseen = true;
        Poll::Ready(Ok(()))
    }
}
