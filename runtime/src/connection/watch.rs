//! Watches calls: the one place from which all that wants to see calls sees them. That is the times
//! of calls (`latency`) and their spans.
//!
//! The calls of frames that are here together are a batch, which counts them by arm. Whether
//! anything watches is decided when a batch begins; if nothing does, a call pays one branch. It
//! stands where few values are in registers. A batch that is watched has one call, so that its end
//! is the end of the call, and needs no branch of its own.
//!
//! Each watcher has a part of [`Watch`], and sees of each call:
//!
//! 1. its frame (`show`), before the call takes it;
//! 2. each of its polls (`enter`, `leave`), on the thread that polls it. A call that never waits
//!    has one, which lasts from `show` to `end`;
//! 3. its end (`end`) with the arm that it has entered, once its reply lies in the write buffer:
//!    also where the call panics, is cut, or is dropped with its connection.
//!
//! A frame that isn't UTF-8, where the call takes text, is shown and ends likewise, without a call.
//! All of these are out of line and know nothing of the server's type, so that the call loop of
//! each server is as small as before.

use std::cell::Cell;
use std::mem;

use tokio::time::Instant;

use crate::io::{Io, Reader};
use crate::log::span::{self, AskedSpan};
use crate::table::counters::{Counters, Tally};

/// Consecutive calls of one connection: counts them, and shows them to what watches.
///
/// A connection whose call waits has it in its memory.
pub(super) struct Batch<'c> {
    pub(super) tally: Tally<'c>,
    /// `None` if nothing watches.
    pub(super) watch: Option<Box<Watch>>,
}

impl<'c> Batch<'c> {
    #[inline]
    pub(super) fn new(counters: &'c Counters) -> Self {
        let takes_time = counters.takes_times();
        Batch {
            tally: counters.tally(),
            watch: if takes_time || span::may_ask_for_calls() {
                Watch::begin(takes_time)
            } else {
                None
            },
        }
    }

    /// Shows the frame of the next call, which `is_sync` if it never waits. The item of a codec has
    /// no bytes.
    #[inline]
    pub(super) fn show<'i>(
        &mut self,
        io: &'i mut Io,
        frame: impl FnOnce(&'i Reader) -> Option<&'i [u8]>,
        is_sync: bool,
    ) {
        if let Some(watch) = &mut self.watch {
            io.writer.halts.set_watched();
            watch.show(frame(&io.reader));
            if is_sync {
                watch.enter();
            }
        }
    }
}

/// Ends the call, also one that a panic, an error or the end of the connection has left.
impl Drop for Batch<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.finish(self.tally.counters(), self.tally.arm());
        }
    }
}

thread_local! {
    /// A watch that isn't in use: a call that doesn't wait needs no allocation of its own.
    static SPARE: Cell<Option<Box<Watch>>> = const { Cell::new(None) };
}

/// All that watches the call of a batch.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// There from when the frame was shown until the call ends.
    span: Option<AskedSpan>,
    takes_time: bool,
    /// The beginning of the call, if its time is counted.
    since: Option<Instant>,
    /// The thread is inside a poll of the call.
    is_inside: bool,
    /// The span was told the arm.
    is_told: bool,
}

/// A poll of a call that may wait, which may end in a panic.
pub(super) struct ShownPoll<'w>(&'w mut Watch);

impl Watch {
    /// Returns `None` if nothing watches after all: a subscriber may ask at `debug` for other
    /// things.
    #[cold]
    #[inline(never)]
    fn begin(takes_time: bool) -> Option<Box<Self>> {
        if !takes_time && !span::asks_for_calls() {
            return None;
        }
        let mut watch: Box<Self> = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
        watch.takes_time = takes_time;
        Some(watch)
    }

    #[cold]
    #[inline(never)]
    fn show(&mut self, frame: Option<&[u8]>) {
        self.span = AskedSpan::of_call(frame.map(<[u8]>::len));
    }

    /// A poll of a call that may wait begins.
    #[cold]
    #[inline(never)]
    pub(super) fn poll(&mut self) -> ShownPoll<'_> {
        self.enter();
        ShownPoll(self)
    }

    #[cold]
    #[inline(never)]
    fn enter(&mut self) {
        if self.takes_time {
            self.since.get_or_insert_with(Instant::now);
        }
        self.is_inside = true;
        if let Some(span) = &self.span {
            span.enter();
        }
    }

    #[cold]
    #[inline(never)]
    fn leave(&mut self) {
        if mem::take(&mut self.is_inside)
            && let Some(span) = &self.span
        {
            span.leave();
        }
    }

    /// A call that waits has entered an arm, or a call is over.
    #[cold]
    #[inline(never)]
    pub(super) fn tell_arm(&mut self, counters: &Counters, arm: u32) {
        if let Some(span) = &self.span
            && let Some(name) = counters.name(arm)
            && !mem::replace(&mut self.is_told, true)
        {
            span.arm_is(name);
        }
    }

    #[cold]
    #[inline(never)]
    fn end(&mut self, counters: &Counters, arm: u32) {
        if let Some(since) = self.since.take() {
            counters.count_time(arm, since);
        }
        self.leave();
        self.tell_arm(counters, arm);
        self.is_told = false;
        self.span = None;
    }

    /// The batch is over.
    #[cold]
    #[inline(never)]
    fn finish(mut self: Box<Self>, counters: &Counters, arm: u32) {
        self.end(counters, arm);
        let _ = SPARE.try_with(|spare| spare.set(Some(self)));
    }
}

impl Drop for ShownPoll<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
