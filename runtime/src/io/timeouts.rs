//! The limits of time that most servers don't set: a connection holds nothing of them until one is.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::writer::ColdState;
use super::{Io, Writer};
use crate::io::deadline::Deadline;
use crate::options::{INFINITY, Options};

#[derive(Debug)]
pub(super) struct Limits {
    frame_timeout: Duration,
    /// Until when a frame that has begun must be whole.
    frame: Deadline,
    call_timeout: Duration,
    /// Until when the callback that runs must have returned.
    call: Deadline,
    max_age: Duration,
    /// Until when the connection lives.
    life: Deadline,
}

impl Limits {
    pub(super) fn new(options: &Options) -> Option<Limits> {
        let Options {
            frame_timeout,
            call_timeout,
            max_age,
            ..
        } = *options;
        ([frame_timeout, call_timeout, max_age] != [INFINITY; 3]).then(|| {
            let mut limits = Limits {
                frame_timeout,
                call_timeout,
                max_age,
                ..Limits::default()
            };
            limits.life.begin(max_age);
            limits
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            frame_timeout: INFINITY,
            frame: Deadline::default(),
            call_timeout: INFINITY,
            call: Deadline::default(),
            max_age: INFINITY,
            life: Deadline::default(),
        }
    }
}

impl Io {
    pub(crate) fn set_frame_timeout(&mut self, timeout: Duration) {
        let limits = self.writer.limits_mut();
        limits.frame_timeout = timeout;
        limits.frame.clear();
    }

    /// Ready, with the limit, when what has come of a frame has waited so long for the rest. Then it has all its time again.
    #[inline]
    pub(crate) fn poll_frame_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        if self.writer.cold.is_none() {
            return Poll::Pending;
        }
        self.poll_frame_limit(cx)
    }

    fn poll_frame_limit(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let begun = self.has_begun_frame();
        let Some(ColdState { limits, .. }) = self.writer.cold.as_deref_mut() else {
            return Poll::Pending;
        };
        if std::mem::take(&mut self.reader.taken) || !begun {
            limits.frame.clear();
        }
        if !begun {
            return Poll::Pending;
        }
        ready!(limits.frame.poll(limits.frame_timeout, cx));
        limits.frame.clear();
        Poll::Ready(limits.frame_timeout)
    }

    fn has_begun_frame(&self) -> bool {
        #[cfg(feature = "codec")]
        let by_codec = self.writer.items.has_begun(self.handled());
        #[cfg(not(feature = "codec"))]
        let by_codec = false;
        by_codec || self.unhandled() > 0
    }
}

impl Writer {
    fn limits_mut(&mut self) -> &mut Limits {
        &mut self.cold.get_or_insert_default().limits
    }

    pub(crate) fn call_timeout(&self) -> Duration {
        self.cold.as_ref().map_or(INFINITY, |cold| cold.limits.call_timeout)
    }

    pub(crate) fn set_call_timeout(&mut self, timeout: Duration) {
        self.limits_mut().call_timeout = timeout;
    }

    /// Ready when the callback that waits has taken so long; its time begins when it waits `first`.
    pub(crate) fn poll_call_timeout(&mut self, limit: Duration, first: bool, cx: &mut Context<'_>) -> Poll<()> {
        if limit == INFINITY {
            return Poll::Pending;
        }
        let call = &mut self.limits_mut().call;
        if first {
            call.clear();
        }
        call.poll(limit, cx)
    }

    /// Whether the connection has lived as long as it may.
    #[inline]
    pub(crate) fn is_too_old(&self) -> bool {
        self.cold.as_ref().is_some_and(|cold| cold.limits.life.is_over())
    }

    /// Until when what was replied goes out, for the age of the connection: from there on, or from now on if it was reached.
    pub(super) fn limit_of_age(&self, now: Instant) -> Option<Instant> {
        let reached = self.cold.as_ref()?.limits.life.at()?;
        reached.max(now).checked_add(self.settings.send_timeout)
    }

    /// Wakes the connection when it has lived so long; `again` as in [`Deadline::poll_again`].
    #[inline]
    pub(crate) fn poll_max_age(&mut self, cx: &mut Context<'_>, again: bool) -> Poll<()> {
        match self.cold.as_deref_mut() {
            Some(ColdState { limits, .. }) => limits.life.poll_again(limits.max_age, cx, again),
            None => Poll::Pending,
        }
    }
}
