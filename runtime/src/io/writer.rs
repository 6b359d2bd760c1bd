//! The way out: what is to be sent, and how it is sent.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite as _;
use tokio::task::coop::has_budget_remaining;

use super::Broken;
use super::presence::{Presence, Saw};
use super::timeouts::Limits;
use crate::io::deadline::Deadline;
use crate::io::link::{Link, Signal};
use crate::options::Options;
use crate::options::settings::Settings;
use crate::packet::{FrameError, Framing};
use crate::reply::pool::{self, Pooled};
use crate::reply::{Data, Part};
use crate::task::budget::poll_unbudgeted;
use crate::transport::Transport;

/// From so many unsent bytes on nothing more is handled or sent until the peer has read.
const CONGESTED: usize = 64 * 1024;

/// From so many bytes on a reply is sent from where it lies, as far as the kernel takes it at once: a copy would cost more.
const LARGE: usize = 16 * 1024;

/// From so many bytes on what is left of a part that somebody shares is kept rather than copied, which costs allocations, and keeps the
/// buffer that it is a part of.
const KEPT: usize = CONGESTED;

/// The most pieces that one write sends.
const PIECES: usize = 16;

/// What is to go out, and the stream.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(super) transport: Transport,
    link: Arc<Link>,
    /// How replies are framed.
    pub(super) framing: Framing,
    #[cfg(feature = "codec")]
    pub(super) items: super::codec::state::Items,
    /// Replied and not yet sent, behind what is queued. Holds memory only while it holds bytes.
    pub(super) output: Option<Box<Pooled>>,
    /// A call had to wait, so that more may have come meanwhile.
    pub(crate) waited: bool,
    pub(crate) saw: Option<Saw>,
    pub(super) settings: Arc<Settings>,
    pub(super) cold: Option<Box<ColdState>>,
}

/// What most connections never have, so that it is one look for all of it.
#[derive(Debug, Default)]
pub(super) struct ColdState {
    broken: Option<Broken>,
    /// What is sent before the output; there only while large replies wait.
    queue: Option<Box<Queue>>,
    /// There since the connection first had to wait for its peer with more than its own waker.
    waits: Option<Box<Waits>>,
    pub(super) limits: Limits,
}

/// What is needed while the peer is waited for, in one place, so that it is one pointer.
#[derive(Debug, Default)]
struct Waits {
    /// What a handler's send waits with: tokio keeps one waker a direction, and the loop's flush takes that place.
    sender: Option<Waker>,
    /// Until when the peer must have taken something.
    deadline: Deadline,
    presence: Presence,
}

/// Large parts of replies, and what was to be sent before each.
#[derive(Debug, Default)]
struct Queue {
    pieces: VecDeque<Bytes>,
    bytes: usize,
}

impl Queue {
    fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.pieces.push_back(piece);
    }

    /// What was sent of it is gone; gives what was sent beyond it.
    fn advance(&mut self, mut sent: usize) -> usize {
        while let Some(first) = self.pieces.front_mut() {
            let n = sent.min(first.len());
            first.advance(n);
            self.bytes -= n;
            sent -= n;
            if !first.is_empty() {
                break;
            }
            self.pieces.pop_front();
        }
        sent
    }
}

impl Writer {
    pub(super) fn new(transport: Transport, link: Arc<Link>, options: &Options, settings: Arc<Settings>) -> Self {
        Writer {
            transport,
            link,
            framing: options.packet.unwrap_or_default().framing(),
            #[cfg(feature = "codec")]
            items: super::codec::state::Items::new(options.packet_size),
            output: None,
            waited: false,
            saw: None,
            settings,
            cold: Limits::new(options).map(|limits| {
                Box::new(ColdState {
                    limits,
                    ..ColdState::default()
                })
            }),
        }
    }

    /// So many bytes have come, and replies may be as many.
    #[inline]
    pub(crate) fn prepare_for(&mut self, bytes: usize) {
        if bytes > pool::BUFFER / 2 {
            self.output.get_or_insert_with(pool::take_larger);
        }
    }

    /// Adds a reply to what is to be sent, framed; an error leaves all as it was.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what nearly every call does is a copy")]
    pub(crate) fn push(&mut self, data: Data<'_>, cx: &mut Context<'_>) -> Result<(), FrameError> {
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
            // Nothing in it is to be given back.
            std::mem::forget(data);
            return Ok(());
        }
        self.push_parts(data, cx)
    }

    #[inline(never)]
    fn push_parts(&mut self, data: Data<'_>, cx: &mut Context<'_>) -> Result<(), FrameError> {
        let length = data.len();
        let output = self.output.get_or_insert_with(pool::take);
        let done = if length < LARGE {
            pool::reserve(output, length + Framing::OVERHEAD);
            let done = self.framing.encode(data.slices(), output);
            data.recycle();
            done
        } else {
            let begun = self.framing.begin(length, output);
            begun.map(|()| self.push_large(data, cx))
        };
        self.tidy_output();
        done
    }

    /// Sends what of a reply the kernel takes from where it lies, behind all before it. What is left is kept where somebody shares it, and
    /// copied where it is borrowed.
    fn push_large(&mut self, data: Data<'_>, cx: &mut Context<'_>) {
        let terminator = self.framing.terminator();
        let mut left_out = match self.poll_write(data.slices().chain([terminator]), cx) {
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
                    self.enqueue(bytes);
                }
                part => self.push_raw(&part.as_slice()[sent..]),
            }
            part.recycle();
        });
        let sent = rest_of(terminator.len());
        self.push_raw(&terminator[sent..]);
    }

    /// Sends these bytes behind all before them, from where they lie.
    fn enqueue(&mut self, bytes: Bytes) {
        let queue = self.cold.get_or_insert_default().queue.get_or_insert_default();
        if let Some(output) = &mut self.output
            && !output.is_empty()
        {
            queue.push(output.split().freeze());
        }
        queue.push(bytes);
    }

    fn waits_mut(&mut self) -> &mut Waits {
        self.cold.get_or_insert_default().waits.get_or_insert_default()
    }

    #[inline]
    pub(super) fn presence(&mut self) -> Option<&mut Presence> {
        Some(&mut self.cold.as_mut()?.waits.as_mut()?.presence)
    }

    pub(super) fn presence_mut(&mut self) -> &mut Presence {
        &mut self.waits_mut().presence
    }

    pub(super) fn signal(&self) -> Signal {
        self.link.signal()
    }

    /// Whether it is the task of the connection that would be woken.
    pub(super) fn link_wakes(&self, cx: &Context<'_>) -> bool {
        self.link.wakes(cx)
    }

    /// Adds raw bytes to what is to be sent.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        pool::append(self.output.get_or_insert_with(pool::take), bytes);
    }

    pub(super) fn tidy_output(&mut self) {
        if let Some(output) = self.output.take_if(|output| output.is_empty()) {
            pool::give(output);
        }
    }

    #[inline]
    fn unsent(&self) -> usize {
        bytes_of(self.output.as_deref()).len() + self.queue().map_or(0, |queue| queue.bytes)
    }

    #[inline]
    fn queue(&self) -> Option<&Queue> {
        self.cold.as_ref()?.queue.as_deref()
    }

    /// Whether so much is unsent that the peer must read first.
    #[inline]
    pub(crate) fn is_congested(&self) -> bool {
        self.unsent() >= CONGESTED
    }

    /// Whether the next reply can be made: nothing is broken off, nothing waits for the peer, and no call had to wait.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.broken().is_none() && !self.waited && !self.is_congested()
    }

    #[inline]
    pub(crate) fn broken(&self) -> Option<Broken> {
        self.cold.as_ref()?.broken
    }

    /// Sends what there is to send.
    #[inline]
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.is_idle() {
            return Poll::Ready(Ok(()));
        }
        self.poll_send(cx)
    }

    /// Nothing is to be sent, and everything could be.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.output.is_none() && self.queue().is_none() && self.broken().is_none()
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if let Some(broken) = self.broken() {
            return Poll::Ready(Err(broken));
        }
        while self.unsent() > 0 {
            let written = if self.queue().is_none() {
                let written = Pin::new(&mut self.transport).poll_write(cx, bytes_of(self.output.as_deref()));
                written.map(|written| self.written(written.unwrap_or_default()))
            } else {
                self.poll_write([], cx)
            };
            match written {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(broken)) => return Poll::Ready(Err(broken)),
                // A callback has used up the budget, which says nothing of the peer. What is to be sent is bounded.
                Poll::Pending if !has_budget_remaining() => return poll_unbudgeted(cx, |cx| self.poll_send(cx)),
                Poll::Pending => {
                    let send_timeout = self.settings.send_timeout;
                    ready!(self.waits_mut().deadline.poll(send_timeout, cx));
                    return Poll::Ready(Err(self.break_off(Broken::Timeout)));
                }
            }
        }
        self.tidy_output();
        Poll::Ready(Ok(()))
    }

    pub(crate) fn set_send_timeout(&mut self, timeout: Duration) {
        Arc::make_mut(&mut self.settings).send_timeout = timeout;
        if let Some(waits) = self.cold.as_mut().and_then(|cold| cold.waits.as_mut()) {
            waits.deadline.clear();
        }
    }

    /// Writes once: what is to be sent, and `more` behind it. Says how much of `more` went out.
    fn poll_write<'m>(
        &mut self,
        more: impl IntoIterator<Item = &'m [u8]>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Broken>> {
        if let Some(broken) = self.broken() {
            return Poll::Ready(Err(broken));
        }
        let mut pieces = [IoSlice::new(b""); PIECES];
        let queue = self.cold.as_ref().and_then(|cold| cold.queue.as_ref());
        let queued = queue.into_iter().flat_map(|queue| &queue.pieces);
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
        let written = Pin::new(&mut self.transport).poll_write_vectored(cx, &pieces);
        Poll::Ready(self.written(ready!(written).unwrap_or_default()))
    }

    /// What was sent is gone; nothing could be, if it is 0. Says how much was sent beyond what is to be.
    #[inline]
    fn written(&mut self, mut sent: usize) -> Result<usize, Broken> {
        if sent == 0 {
            return Err(self.break_off(Broken::Reset));
        }
        self.link.count_sent(sent);
        self.flows();
        if let Some(cold) = &mut self.cold
            && let Some(queue) = &mut cold.queue
        {
            sent = queue.advance(sent);
            if queue.pieces.is_empty() {
                cold.queue = None;
            }
        }
        let Some(output) = &mut self.output else {
            return Ok(sent);
        };
        let of_output = sent.min(output.len());
        if of_output == output.len() {
            output.clear();
        } else {
            output.advance(of_output);
        }
        Ok(sent - of_output)
    }

    /// Waits until there is space, as a handler's send does.
    pub(crate) fn poll_space(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if !self.is_congested() {
            return Poll::Ready(self.broken().map_or(Ok(()), Err));
        }
        self.poll_flush_for_sender(cx)
    }

    /// Sends all, as a handler waits for it.
    pub(crate) fn poll_flush_for_sender(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let done = self.poll_flush(cx);
        if done.is_pending() {
            self.waits_mut().sender = Some(cx.waker().clone());
        }
        done
    }

    /// Nothing is sent from here on.
    pub(super) fn break_off(&mut self, broken: Broken) -> Broken {
        let cold = self.cold.get_or_insert_default();
        cold.broken = Some(broken);
        cold.queue = None;
        self.output.take().into_iter().for_each(pool::give);
        self.flows();
        broken
    }

    /// What waited needn't any more.
    #[inline]
    fn flows(&mut self) {
        if let Some(waits) = self.cold.as_mut().and_then(|cold| cold.waits.as_mut()) {
            waits.deadline.clear();
            if let Some(sender) = waits.sender.take() {
                sender.wake();
            }
        }
    }

    /// Shuts down the sending side, after what is pending has gone out.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        ready!(self.poll_flush(cx))?;
        ready!(Pin::new(&mut self.transport).poll_shutdown(cx)).map_err(|_| self.break_off(Broken::Reset))?;
        Poll::Ready(Ok(()))
    }

    #[cfg(feature = "codec")]
    pub(super) fn received(&self) -> u64 {
        self.link.received()
    }

    pub(super) fn count_received(&self, n: usize) {
        self.link.count_received(n);
    }
}

/// What a buffer holds, if there is one.
#[inline]
fn bytes_of(buffer: Option<&Pooled>) -> &[u8] {
    buffer.map_or(&[], |bytes| bytes)
}
