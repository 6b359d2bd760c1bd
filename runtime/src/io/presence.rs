//! Whether the peer is still there, while the connection waits for something else than what the
//! peer sends; and who is told.

use std::io;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::deadline::Deadline;
use crate::options::INFINITY;

/// The interval at which a connection looks where the system wakes it for nothing: the peer may end
/// behind unread bytes, or reset what has ended.
const LOOK: Duration = Duration::from_secs(1);

/// A read that is over its time for so long was dropped meanwhile; the next one has all its time.
const ABANDONED: Duration = Duration::from_secs(1);

/// Why nothing can be received or sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The peer reset the connection, or the network failed.
    Reset,
    /// The transport refused what the peer sent.
    Malformed,
    /// The peer read nothing within `send_timeout`.
    Timeout,
    /// The input ended without the goodbye of TLS, so that its last part may be missing. What was
    /// replied can still be sent.
    Truncated,
    /// A TLS handshake in the middle of the connection failed.
    #[cfg(feature = "tls-provider")]
    Handshake,
}

impl Broken {
    /// Returns what an error of a read means.
    #[cold]
    pub(super) fn by_read(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Broken::Malformed,
            io::ErrorKind::UnexpectedEof => Broken::Truncated,
            _ => Broken::Reset,
        }
    }
}

/// The way in which the peer left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Its input has ended.
    Ended,
    Broken(Broken),
}

/// An event that a handler may wait for beside its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The input has ended, or the connection is broken.
    pub(crate) left: bool,
    /// The server stops.
    pub(crate) stopping: bool,
}

/// What a handler's socket saw last, as far as it was no frame. It says whose fault an error of the
/// handler is, whatever the handler made of what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saw {
    /// A raw read found the end, which is no failure by itself: it is one of the peer's if the
    /// handler fails before it waits again.
    End,
    /// A receive failed, as the input ended.
    Closed,
    Timeout,
    TooLong,
    Malformed,
}

/// The part of a connection that exists while a callback waits for its peer.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// The waker of a handler's receive, where that isn't the task itself: tokio keeps one waker a
    /// direction, and looking takes that place.
    receiver: Option<Waker>,
    /// Until when a raw read must have got something.
    read: Deadline,
    /// When the connection looks again.
    look: Deadline,
    /// The failure that the socket of the running callback saw last.
    pub(super) saw: Option<Saw>,
    /// The tasks that are notified.
    watch: Option<watch::Sender<Seen>>,
    /// Until when all is to be over, since the decision to close was made.
    end: Option<Instant>,
}

impl Presence {
    /// The next raw read has all its time.
    #[inline]
    pub(super) fn begin_read(&mut self) {
        self.read.clear();
    }

    /// A raw read waits. Is ready when it has waited for `limit`.
    pub(super) fn poll_read_timeout(&mut self, limit: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if self.read.is_over_for(ABANDONED) {
            self.read.clear();
        }
        let over = self.read.poll(limit, cx);
        if over.is_ready() {
            self.read.clear();
        }
        over
    }

    /// A handler's receive waits.
    pub(super) fn set_receiver(&mut self, cx: &Context<'_>) {
        self.receiver = Some(cx.waker().clone());
    }

    pub(super) fn wake_receiver(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.wake();
        }
    }

    /// Returns whether the connection has looked, and looks again by itself.
    pub(super) fn has_looked(&self) -> bool {
        self.look.is_running()
    }

    /// Wakes the task of `cx` after a while, to look again.
    pub(super) fn look_again(&mut self, cx: &mut Context<'_>) {
        // The next time it looks closely.
        while self.look.poll(LOOK, cx).is_ready() {
            self.look.clear();
        }
    }

    /// Tells from now on what is seen.
    pub(super) fn watch(&mut self, left: bool, stopping: bool) -> watch::Receiver<Seen> {
        let seen = self.watch.get_or_insert_default().subscribe();
        self.tell(left, stopping);
        seen
    }

    /// Returns whether a waiting task was notified just now that the peer left.
    pub(super) fn tell(&self, left: bool, stopping: bool) -> bool {
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

    /// Returns until when all is to be over, if the decision to close was made.
    pub(super) fn end(&self) -> Option<Instant> {
        self.end
    }

    pub(super) fn set_end(&mut self, end: Option<Instant>) {
        self.end = end;
    }
}

/// Returns how long it is until then.
pub(crate) fn time_until(end: Option<Instant>) -> Duration {
    end.map_or(INFINITY, |end| end.saturating_duration_since(Instant::now()))
}
