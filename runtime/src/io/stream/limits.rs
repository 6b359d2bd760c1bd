//! The time limits of a stream's connection.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::Stream;
use crate::io::presence::time_until;
use crate::io::timeouts::Timeouts;
use crate::options::INFINITY;

impl Stream {
    /// Returns whether there may be a limit that most servers don't set.
    #[inline]
    pub(in crate::io) fn has_timeouts(&self) -> bool {
        self.cold.is_some()
    }

    /// Returns the limits that most servers don't set, if this one has any.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(in crate::io) fn timeouts(&self) -> Option<&Timeouts> {
        self.cold.as_ref().map(|cold| &cold.timeouts)
    }

    /// Gives a connection that another process has served the time that it had left.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(in crate::io) fn carry_on(&mut self, frame_left: Option<Duration>, life_left: Option<Duration>) {
        if frame_left.or(life_left).is_some() {
            self.timeouts_mut().carry_on(frame_left, life_left);
        }
    }

    fn timeouts_mut(&mut self) -> &mut Timeouts {
        &mut self.cold.get_or_insert_default().timeouts
    }

    pub(crate) fn set_frame_timeout(&mut self, timeout: Duration) {
        self.timeouts_mut().set_frame_timeout(timeout);
    }

    pub(in crate::io) fn poll_frame_timeout(
        &mut self,
        begun: bool,
        taken: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Duration> {
        match &mut self.cold {
            Some(cold) => cold.timeouts.poll_frame(begun, taken, cx),
            None => Poll::Pending,
        }
    }

    #[inline]
    pub(crate) fn call_timeout(&self) -> Duration {
        self.cold.as_ref().map_or(INFINITY, |cold| cold.timeouts.call_timeout)
    }

    pub(crate) fn set_call_timeout(&mut self, timeout: Duration) {
        self.timeouts_mut().call_timeout = timeout;
    }

    /// Is ready when the callback that waits has taken `limit`; its time begins when it waits
    /// `first`.
    pub(crate) fn poll_call_timeout(&mut self, limit: Duration, first: bool, cx: &mut Context<'_>) -> Poll<()> {
        if limit == INFINITY {
            return Poll::Pending;
        }
        self.timeouts_mut().poll_call(limit, first, cx)
    }

    /// Returns whether the connection has lived as long as it may.
    #[inline]
    pub(crate) fn is_too_old(&self) -> bool {
        self.cold.as_ref().is_some_and(|cold| cold.timeouts.is_too_old())
    }

    /// Wakes the connection when it has lived as long as it may; `again` as in
    /// [`Deadline::poll_again`].
    #[inline]
    pub(crate) fn poll_max_age(&mut self, cx: &mut Context<'_>, again: bool) -> Poll<()> {
        match self.cold.as_deref_mut() {
            Some(cold) => cold.timeouts.poll_max_age(cx, again),
            None => Poll::Pending,
        }
    }

    /// Returns how long the end may take, now that the decision to close was made; what comes later
    /// has the rest of it.
    pub(crate) fn begin_close(&mut self) -> Duration {
        let end = self.closes_by(self.settings.close_timeout);
        self.presence_mut().set_end(end);
        time_until(end)
    }

    /// Returns until when a connection that closes must have ended, if ever: in `limit` from now,
    /// or as it was said before.
    pub(crate) fn closes_by(&mut self, limit: Duration) -> Option<Instant> {
        let now = Instant::now();
        let begun = self.presence().and_then(|presence| presence.end());
        let aged = self.limit_of_age(now);
        [begun, aged, now.checked_add(limit)].into_iter().flatten().min()
    }

    /// Returns until when what was replied goes out, for the age of the connection: from there on,
    /// or from now on if it was reached.
    fn limit_of_age(&self, now: Instant) -> Option<Instant> {
        let reached = self.cold.as_ref()?.timeouts.life()?;
        reached.max(now).checked_add(self.settings.send_timeout)
    }
}
