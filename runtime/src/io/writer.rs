//! The way out: what is to be sent, framed, and how it is sent.

use std::io::IoSlice;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::task::coop::has_budget_remaining;

use super::presence::Broken;
use super::queue::Queue;
use super::stream::Stream;
use crate::packet::{FrameError, Framing, Packet};
use crate::reply::pool::{self, Pooled};
use crate::reply::{Data, Part};
use crate::task::budget::poll_unbudgeted;

/// From so many unsent bytes on nothing more is handled or sent until the peer has read.
const CONGESTED: usize = 64 * 1024;

/// From so many bytes on a reply is sent from where it lies, as far as the kernel takes it at once:
/// a copy would cost more.
const LARGE: usize = 16 * 1024;

/// From so many bytes on what is left of a part that somebody shares is kept rather than copied,
/// which costs allocations, and keeps the buffer that it is a part of.
const KEPT: usize = CONGESTED;

/// The most pieces that one write sends.
const PIECES: usize = 16;

/// The greatest number of times that one turn flushes the bytes that the transport keeps.
const FLUSHES: usize = 64;

/// What was replied and not yet sent. It holds memory only while it holds bytes. Large parts of
/// replies wait before it in the stream's queue.
#[derive(Debug)]
pub(crate) struct Writer {
    /// How replies are framed.
    framing: Framing,
    /// Behind what is queued.
    output: Option<Box<Pooled>>,
    /// The transport has taken bytes that it may keep until it is flushed.
    kept: bool,
    pub(crate) halts: Halts,
}

/// The reasons why the next frame doesn't follow a call at once. All are in one byte, as it is
/// looked at after each call.
#[derive(Debug, Default)]
pub(crate) struct Halts(u8);

impl Halts {
    const WAITED: u8 = 1;
    const ENTERED: u8 = 2;
    const WATCHED: u8 = 4;

    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.0 == 0
    }

    /// A callback had to wait, and what was replied before it went out meanwhile.
    pub(crate) fn set_waited(&mut self) {
        self.0 |= Self::WAITED;
    }

    /// Begins a round: returns whether a callback had to wait, and forgets what was watched.
    #[inline]
    pub(crate) fn take_waited(&mut self) -> bool {
        let waited = self.0 & Self::WAITED != 0;
        self.0 &= Self::ENTERED;
        waited
    }

    /// Something watches the call, whose end is the end of its batch.
    pub(crate) fn set_watched(&mut self) {
        self.0 |= Self::WATCHED;
    }

    /// An action has named another state of the protocol, whose options are to hold.
    pub(crate) fn set_entered(&mut self) {
        self.0 |= Self::ENTERED;
    }

    #[inline]
    pub(crate) fn has_entered(&self) -> bool {
        self.0 & Self::ENTERED != 0
    }

    #[inline]
    pub(crate) fn take_entered(&mut self) -> bool {
        let entered = self.has_entered();
        self.0 &= !Self::ENTERED;
        entered
    }
}

impl Writer {
    pub(super) fn new(packet: Packet) -> Self {
        Writer {
            framing: packet.framing(),
            output: None,
            kept: false,
            halts: Halts::default(),
        }
    }

    pub(super) fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// Takes a larger buffer where many bytes have come, as replies may be as many.
    #[inline]
    pub(crate) fn prepare_for(&mut self, bytes: usize) {
        if bytes > pool::BUFFER / 2 {
            self.output.get_or_insert_with(pool::take_larger);
        }
    }

    /// Adds a reply to what is to be sent, framed; an error leaves all as it was.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what nearly every call does is a copy")]
    pub(super) fn push(&mut self, data: Data<'_>, stream: &mut Stream, cx: &mut Context<'_>) -> Result<(), FrameError> {
        let output = self.output.get_or_insert_with(pool::take);
        let terminator = self.framing.terminator();
        // As nearly all are: one part, which fits, and whose mode has no header.
        if let Some(bytes) = data.as_borrowed()
            && bytes.len() + terminator.len() <= output.capacity() - output.len()
            && !self.framing.has_header()
        {
            output.extend_from_slice(bytes);
            if !terminator.is_empty() {
                output.extend_from_slice(terminator);
            }
            // Nothing in it is to be given back. Without this a call takes 7 % more instructions
            // with 16 in flight, and 1 % more with one.
            std::mem::forget(data);
            return Ok(());
        }
        self.push_parts(data, stream, cx)
    }

    #[inline(never)]
    fn push_parts(&mut self, data: Data<'_>, stream: &mut Stream, cx: &mut Context<'_>) -> Result<(), FrameError> {
        let length = data.len();
        let output = self.output.get_or_insert_with(pool::take);
        let done = if length < LARGE {
            pool::reserve(output, length + Framing::OVERHEAD);
            let done = self.framing.encode(data.slices(), output);
            data.recycle();
            done
        } else {
            let begun = self.framing.begin(length, output);
            begun.map(|()| self.push_large(data, stream, cx))
        };
        self.tidy();
        done
    }

    /// Sends what of a reply the kernel takes from where it lies, behind all before it. What is
    /// left is kept where somebody shares it, and copied where it is borrowed.
    fn push_large(&mut self, data: Data<'_>, stream: &mut Stream, cx: &mut Context<'_>) {
        let terminator = self.framing.terminator();
        let mut left_out = match self.poll_write(data.slices().chain([terminator]), stream, cx) {
            Poll::Ready(Ok(sent)) => sent,
            // A broken stream shows at the next flush.
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        let mut rest_of = |length: usize| {
            let sent = left_out.min(length);
            left_out -= sent;
            sent
        };
        data.take_apart(|mut part| {
            let sent = rest_of(part.as_slice().len());
            match &mut part {
                Part::Shared(bytes) if bytes.len() - sent >= KEPT => {
                    let mut bytes = std::mem::take(bytes);
                    bytes.advance(sent);
                    self.enqueue(bytes, stream);
                }
                part => self.push_raw(&part.as_slice()[sent..]),
            }
            part.recycle();
        });
        let sent = rest_of(terminator.len());
        self.push_raw(&terminator[sent..]);
    }

    /// Sends these bytes behind all before them, from where they lie.
    fn enqueue(&mut self, bytes: Bytes, stream: &mut Stream) {
        let queue = stream.queue_mut();
        if let Some(output) = &mut self.output
            && !output.is_empty()
        {
            queue.push(output.split().freeze());
        }
        queue.push(bytes);
    }

    /// Adds raw bytes to what is to be sent.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        pool::append(self.output.get_or_insert_with(pool::take), bytes);
    }

    /// Adds what `encode` appends to what is to be sent; an error, or a panic, leaves all as it
    /// was.
    #[cfg(feature = "codec")]
    pub(super) fn append<E>(&mut self, encode: impl FnOnce(&mut bytes::BytesMut) -> Result<(), E>) -> Result<(), E> {
        let output = self.output.get_or_insert_with(pool::take);
        let mut addition = Addition {
            begin: output.len(),
            output,
            whole: false,
        };
        let done = encode(addition.output);
        addition.whole = done.is_ok();
        drop(addition);
        self.tidy();
        done
    }

    /// Gives an empty buffer back.
    fn tidy(&mut self) {
        if let Some(output) = self.output.take_if(|output| output.is_empty()) {
            pool::give(output);
        }
    }

    /// Throws away what can't be sent any more.
    fn discard(&mut self, stream: &mut Stream) {
        stream.drop_queue();
        self.kept = false;
        self.output.take().into_iter().for_each(pool::give);
    }

    #[inline]
    pub(super) fn unsent(&self, stream: &Stream) -> usize {
        bytes_of(self.output.as_deref()).len() + stream.queue().map_or(0, Queue::len)
    }

    /// Returns whether so much is unsent that the peer must read first.
    #[inline]
    pub(super) fn is_congested(&self, stream: &Stream) -> bool {
        self.unsent(stream) >= CONGESTED
    }

    /// Returns whether there is nothing to send, here and in the transport.
    #[inline]
    pub(super) fn is_flushed(&self, stream: &Stream) -> bool {
        self.output.is_none() && stream.queue().is_none() && !self.kept
    }

    /// Sends what there is to send.
    #[inline]
    pub(super) fn poll_flush(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.is_flushed(stream) {
            return Poll::Ready(stream.unsendable().map_or(Ok(()), Err));
        }
        let sent = self.poll_send(stream, cx);
        if let Poll::Ready(Err(_)) = sent {
            self.discard(stream);
        }
        sent
    }

    fn poll_send(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if let Some(broken) = stream.unsendable() {
            return Poll::Ready(Err(broken));
        }
        loop {
            let sent = if self.unsent(stream) == 0 {
                self.tidy();
                if !self.kept {
                    return Poll::Ready(Ok(()));
                }
                self.poll_flush_kept(stream, cx)
            } else if stream.queue().is_none() {
                let written = stream.poll_write(bytes_of(self.output.as_deref()), cx);
                written.map_ok(|sent| self.written(sent, stream)).map_ok(|_| ())
            } else {
                self.poll_write([], stream, cx).map_ok(|_| ())
            };
            match sent {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(broken)) => return Poll::Ready(Err(broken)),
                // A callback has used up the budget, which says nothing of the peer. What is to be
                // sent is bounded.
                Poll::Pending if !has_budget_remaining() => {
                    return poll_unbudgeted(cx, |cx| self.poll_send(stream, cx));
                }
                Poll::Pending => return stream.poll_send_timeout(cx).map(Err),
            }
        }
    }

    /// Sends what the transport keeps: all of it, or as much as one turn may take.
    ///
    /// A transport of the program's own may say for ever that it goes on.
    #[inline(never)]
    fn poll_flush_kept(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        for _ in 0..FLUSHES {
            if ready!(stream.poll_flush_some(cx))? {
                self.kept = false;
                return Poll::Ready(Ok(()));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes once: what is to be sent, and `more` behind it. Returns how much of `more` went out.
    fn poll_write<'m>(
        &mut self,
        more: impl IntoIterator<Item = &'m [u8]>,
        stream: &mut Stream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Broken>> {
        if let Some(broken) = stream.unsendable() {
            return Poll::Ready(Err(broken));
        }
        let mut pieces = [IoSlice::new(b""); PIECES];
        // Taken out while the stream writes.
        let queue = stream.take_queue();
        let queued = queue.iter().flat_map(|queue| queue.pieces());
        let mut places = pieces.iter_mut();
        for (piece, place) in queued.zip(places.by_ref()) {
            *place = IoSlice::new(piece);
        }
        // Where the queue takes all places, there is none for these.
        if let Some(place) = places.next() {
            *place = IoSlice::new(bytes_of(self.output.as_deref()));
        }
        for (piece, place) in more.into_iter().zip(places) {
            *place = IoSlice::new(piece);
        }
        let written = stream.poll_write_vectored(&pieces, cx);
        stream.restore_queue(queue);
        let sent = ready!(written)?;
        Poll::Ready(Ok(self.written(sent, stream)))
    }

    /// Drops what was written, and remembers that the transport is to be flushed if it keeps bytes.
    #[inline]
    fn written(&mut self, sent: usize, stream: &mut Stream) -> usize {
        self.kept = stream.keeps_bytes();
        self.advance(sent, stream)
    }

    /// Drops what was sent; returns how much was sent beyond what was to be.
    #[inline]
    fn advance(&mut self, sent: usize, stream: &mut Stream) -> usize {
        let sent = stream.advance_queue(sent);
        let Some(output) = &mut self.output else {
            return sent;
        };
        let of_output = sent.min(output.len());
        if of_output == output.len() {
            output.clear();
        } else {
            output.advance(of_output);
        }
        sent - of_output
    }
}

/// Returns what a buffer holds, if there is one.
#[inline]
fn bytes_of(buffer: Option<&Pooled>) -> &[u8] {
    buffer.map_or(&[], |bytes| bytes)
}

/// What is added to a buffer: taken off again if it doesn't become whole.
#[cfg(feature = "codec")]
struct Addition<'b> {
    output: &'b mut bytes::BytesMut,
    begin: usize,
    whole: bool,
}

#[cfg(feature = "codec")]
impl Drop for Addition<'_> {
    fn drop(&mut self) {
        if !self.whole {
            self.output.truncate(self.begin);
        }
    }
}
