//! How many connections a second: a bucket of tokens.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::task::timer::Timers;

const PERIOD: Duration = Duration::from_secs(1);

/// A bucket that holds a second's tokens, and gets one after the other.
#[derive(Debug)]
pub(crate) struct Rate {
    /// How long a token takes to come.
    each: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the bucket is full, if nobody takes any more.
    full_at: Instant,
    timers: Timers,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        Rate {
            each: PERIOD.checked_div(per_second).unwrap_or(PERIOD),
            state: Mutex::new(State {
                full_at: Instant::now(),
                timers: Timers::default(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when there is a token.
    pub(crate) fn poll_ready(&self, shard: usize, cx: &mut Context<'_>) -> Poll<()> {
        let room = PERIOD.saturating_sub(self.each);
        let State { full_at, timers } = &mut *self.state();
        // The clock is asked, as a timer may be a millisecond late.
        while full_at.saturating_duration_since(Instant::now()) > room {
            ready!(timers.poll_until(shard, *full_at - room, cx));
        }
        Poll::Ready(())
    }

    /// Takes one.
    pub(crate) fn take(&self) {
        let mut state = self.state();
        state.full_at = state.full_at.max(Instant::now()) + self.each;
    }
}
