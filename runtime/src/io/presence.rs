//! Whether the peer is still there, while something else is waited for than what it sends.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Broken, Io, Writer};
use crate::io::deadline::Deadline;
use crate::io::link::Signal;
use crate::options::INFINITY;
use crate::transport::{Sight, Transport as _};

/// How often it is looked where the system wakes nobody: the peer may end behind unread bytes, or reset what has ended.
const LOOK: Duration = Duration::from_secs(1);

/// When a read is so long over its time, nobody has waited for it: whoever does is woken.
const ABANDONED: Duration = Duration::from_secs(1);

/// The peer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Its input has ended.
    Ended,
    Broken(Broken),
}

/// What a handler may wait for beside what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The input has ended, or the connection is broken.
    pub(crate) left: bool,
    /// The server stops.
    pub(crate) stopping: bool,
}

/// What a handler's socket saw last, as far as it was no frame: whose error it is that the handler returns, whatever that was made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saw {
    /// A raw read found the end, which is no failure by itself: it is one of the peer's if the handler fails before it waits again.
    End,
    /// A receive failed, as the input ended.
    Closed,
    Timeout,
    TooLong,
    Malformed,
}

/// There since something of it was first needed.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// What a handler's receive waits with, where that isn't the task itself: tokio keeps one waker a direction, and looking takes that
    /// place.
    receiver: Option<Waker>,
    /// Until when a raw read must have got something.
    read: Deadline,
    /// When it is looked again.
    look: Deadline,
    /// Who is to be told.
    watch: Option<watch::Sender<Seen>>,
    /// Since the decision to close was made: until when all is to be over.
    closes: Option<Instant>,
}

impl Io {
    /// Tells from now on what is seen.
    pub(crate) fn watch(&mut self) -> watch::Receiver<Seen> {
        let left = self.reader.eof || self.writer.broken().is_some();
        let stopping = self.writer.signal() >= Signal::Stop;
        let presence = self.writer.presence_mut();
        let watch = presence.watch.get_or_insert_default();
        let seen = watch.subscribe();
        presence.tell(left, stopping);
        seen
    }

    /// A raw read waits. Ready, with the limit, when it has waited so long.
    pub(crate) fn poll_read_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let limit = self.settings().recv_timeout;
        if limit == INFINITY {
            return Poll::Pending;
        }
        let read = &mut self.writer.presence_mut().read;
        if read.is_over_for(ABANDONED) {
            read.clear();
        }
        let over = read.poll(limit, cx);
        if over.is_ready() {
            read.clear();
        }
        over.map(|()| limit)
    }

    /// The decision to close was made, and something comes before the end, which has so long.
    pub(crate) fn begin_close(&mut self) -> Duration {
        let end = self.writer.closes_by(self.writer.settings.close_timeout);
        self.writer.presence_mut().closes = end;
        time_until(end)
    }

    /// The next raw read has all its time.
    #[inline]
    pub(crate) fn begin_read(&mut self) {
        if let Some(presence) = self.writer.presence() {
            presence.read.clear();
        }
    }
}

impl Writer {
    /// The callback went on after what its socket saw.
    #[inline]
    pub(crate) fn saw_before(&mut self) {
        self.saw.take_if(|saw| *saw == Saw::End);
    }

    /// A handler's receive waits.
    pub(super) fn receives(&mut self, cx: &Context<'_>) {
        if !self.link_wakes(cx) {
            self.presence_mut().receiver = Some(cx.waker().clone());
        }
    }

    /// A callback waits, or the connection without taking frames. Ready when there is nobody any more for whom that could go on.
    ///
    /// Whoever watches learns it first, and has one more poll.
    pub(crate) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<Left> {
        let left = self.look(cx);
        let stopping = self.signal() >= Signal::Stop;
        let told = match self.presence() {
            Some(presence) => presence.tell(left.is_some(), stopping),
            None => false,
        };
        match left {
            None => Poll::Pending,
            Some(Left::Ended) if self.settings.half_close => Poll::Pending,
            Some(_) if told => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(left) => Poll::Ready(left),
        }
    }

    fn look(&mut self, cx: &mut Context<'_>) -> Option<Left> {
        if let Some(broken) = self.broken() {
            return Some(Left::Broken(broken));
        }
        let looked = self.presence().is_some_and(|presence| presence.look.is_running());
        let sight = self.transport.look(!looked, cx);
        if sight != Sight::There
            && let Some(presence) = self.presence()
            && let Some(receiver) = presence.receiver.take()
        {
            receiver.wake();
        }
        if self.transport.changes_unseen(sight) {
            let look = &mut self.presence_mut().look;
            // The next time it is looked closely.
            while look.poll(LOOK, cx).is_ready() {
                look.clear();
            }
        }
        match sight {
            Sight::There | Sight::Unread => None,
            Sight::Ended => Some(Left::Ended),
            Sight::Reset => Some(Left::Broken(self.break_off(Broken::Reset))),
        }
    }

    /// Until when a connection that is to be closed must have ended, if ever: in `limit` from now, or as it was said before.
    pub(crate) fn closes_by(&mut self, limit: Duration) -> Option<Instant> {
        let now = Instant::now();
        let begun = self.presence().and_then(|presence| presence.closes);
        let ends = [begun, self.limit_of_age(now), now.checked_add(limit)];
        ends.into_iter().flatten().min()
    }
}

/// How long it is until then.
pub(crate) fn time_until(end: Option<Instant>) -> Duration {
    end.map_or(INFINITY, |end| end.saturating_duration_since(Instant::now()))
}

impl Presence {
    /// Whether somebody learned just now that the peer left.
    fn tell(&self, left: bool, stopping: bool) -> bool {
        let Some(watch) = &self.watch else {
            return false;
        };
        let mut learned = false;
        watch.send_if_modified(|seen| {
            let before = *seen;
            seen.left |= left;
            seen.stopping |= stopping;
            learned = seen.left && !before.left;
            *seen != before
        });
        learned && watch.receiver_count() > 0
    }
}
