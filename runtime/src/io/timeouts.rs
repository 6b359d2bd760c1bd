//! The time limits that most servers don't set: a connection holds nothing of them until one is.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::deadline::Deadline;
use crate::options::{INFINITY, Options};

#[derive(Debug)]
pub(super) struct Timeouts {
    frame_timeout: Duration,
    /// Until when a frame that has begun must be whole.
    frame: Deadline,
    pub(super) call_timeout: Duration,
    /// Until when the callback that runs must have returned.
    call: Deadline,
    max_age: Duration,
    /// Until when the connection lives.
    life: Deadline,
}

impl Timeouts {
    /// Returns `None` if the options set no limit.
    pub(super) fn new(options: &Options) -> Option<Timeouts> {
        let Options {
            frame_timeout,
            call_timeout,
            max_age,
            ..
        } = *options;
        ([frame_timeout, call_timeout, max_age] != [INFINITY; 3]).then(|| {
            let mut timeouts = Timeouts {
                frame_timeout,
                call_timeout,
                max_age,
                ..Timeouts::default()
            };
            timeouts.life.begin(max_age);
            timeouts
        })
    }

    pub(super) fn set_frame_timeout(&mut self, timeout: Duration) {
        self.frame_timeout = timeout;
        self.frame.clear();
    }

    /// Returns the limit of a frame that has begun.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn frame_timeout(&self) -> Duration {
        self.frame_timeout
    }

    /// Returns until when the frame must be whole that has begun.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn frame(&self) -> Option<Instant> {
        self.frame.at()
    }

    /// Gives a connection that another process has served the time that it had left.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn carry_on(&mut self, frame_left: Option<Duration>, life_left: Option<Duration>) {
        if let Some(left) = frame_left {
            self.frame.begin(left);
        }
        if let Some(left) = life_left.filter(|_| self.max_age != INFINITY) {
            self.life.begin(left);
        }
    }

    /// Is ready, with the limit, when a frame that has `begun` wasn't whole in time. Its time
    /// begins anew if something was `taken` of what came.
    pub(super) fn poll_frame(&mut self, begun: bool, taken: bool, cx: &mut Context<'_>) -> Poll<Duration> {
        if taken || !begun {
            self.frame.clear();
        }
        if !begun {
            return Poll::Pending;
        }
        ready!(self.frame.poll(self.frame_timeout, cx));
        self.frame.clear();
        Poll::Ready(self.frame_timeout)
    }

    /// Is ready when the callback that waits has taken `limit`; its time begins when it waits
    /// `first`.
    pub(super) fn poll_call(&mut self, limit: Duration, first: bool, cx: &mut Context<'_>) -> Poll<()> {
        if first {
            self.call.clear();
        }
        self.call.poll(limit, cx)
    }

    #[inline]
    pub(super) fn is_too_old(&self) -> bool {
        self.life.is_over()
    }

    /// Returns when the connection has lived as long as it may, if ever.
    pub(super) fn life(&self) -> Option<Instant> {
        self.life.at()
    }

    #[inline]
    pub(super) fn poll_max_age(&mut self, cx: &mut Context<'_>, again: bool) -> Poll<()> {
        self.life.poll_again(self.max_age, cx, again)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            frame_timeout: INFINITY,
            frame: Deadline::default(),
            call_timeout: INFINITY,
            call: Deadline::default(),
            max_age: INFINITY,
            life: Deadline::default(),
        }
    }
}
