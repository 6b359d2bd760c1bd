//! A deadline whose timer stays registered from one wait to the next.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::options::INFINITY;
use crate::task::budget::poll_unbudgeted;

/// A deadline that is set when a wait begins, and cleared when what was waited for has come.
///
/// The timer stays registered meanwhile: it fires at the deadline or before, and is set anew only
/// then, not for every frame.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    /// When the timer fires: kept here, as the timer itself is slower to ask.
    fires: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Gives the next wait all its time.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.at = None;
    }

    /// Begins a wait of `limit`.
    pub(crate) fn begin(&mut self, limit: Duration) {
        self.at = Instant::now().checked_add(limit);
    }

    /// Returns whether the wait has begun and is over.
    pub(crate) fn is_over(&self) -> bool {
        self.at.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Returns whether the wait has been over for longer than `time`.
    pub(crate) fn is_over_for(&self, time: Duration) -> bool {
        self.at
            .is_some_and(|deadline| Instant::now().saturating_duration_since(deadline) > time)
    }

    /// Returns whether the wait has begun and isn't over.
    pub(crate) fn is_running(&self) -> bool {
        self.at.is_some_and(|deadline| deadline > Instant::now())
    }

    /// Returns when the wait is over, if it has begun and ever is.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Is ready when the wait, which begins now unless it has begun, has lasted `limit`.
    pub(crate) fn poll(&mut self, limit: Duration, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_again(limit, cx, false)
    }

    /// Polls likewise; `again` where the task is the one that polled before, so that the timer
    /// wakes it already.
    pub(crate) fn poll_again(&mut self, limit: Duration, cx: &mut Context<'_>, again: bool) -> Poll<()> {
        if limit == INFINITY {
            return Poll::Pending;
        }
        let now = Instant::now();
        let Some(deadline) = self.at.or_else(|| now.checked_add(limit)) else {
            return Poll::Pending;
        };
        self.at = Some(deadline);
        if deadline <= now {
            return Poll::Ready(());
        }
        if again
            && let Some(fires) = self.fires
            // A timer that may have fired already wakes no task any more.
            && fires > now
            && fires <= deadline
        {
            return Poll::Pending;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        // Without a budget, as the code below relies on the timer being registered.
        while poll_unbudgeted(cx, |cx| timer.as_mut().poll(cx)).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        self.fires = Some(timer.deadline());
        Poll::Pending
    }
}
