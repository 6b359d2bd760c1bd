//! `accept_rate`: a token bucket that holds the tokens of one second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::task::timer::Timers;

const PERIOD: Duration = Duration::from_secs(1);

/// A token bucket that is filled token by token.
#[derive(Debug)]
pub(crate) struct Rate {
    /// The time between two tokens.
    each: Duration,
    state: Mutex<BucketState>,
}

#[derive(Debug)]
struct BucketState {
    /// When the bucket is full, if no token is taken until then.
    full_at: Instant,
    timers: Timers,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        Rate {
            each: PERIOD.checked_div(per_second).unwrap_or(PERIOD),
            state: Mutex::new(BucketState {
                full_at: Instant::now(),
                timers: Timers::default(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, BucketState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `Ready` when there is a token.
    pub(crate) fn poll_ready(&self, shard: usize, cx: &mut Context<'_>) -> Poll<()> {
        let room = PERIOD.saturating_sub(self.each);
        let BucketState { full_at, timers } = &mut *self.state();
        // The clock decides, as a timer may be a millisecond late.
        while full_at.saturating_duration_since(Instant::now()) > room {
            ready!(timers.poll_until(shard, *full_at - room, cx));
        }
        Poll::Ready(())
    }

    /// Takes a token.
    pub(crate) fn take(&self) {
        let mut state = self.state();
        state.full_at = state.full_at.max(Instant::now()) + self.each;
    }
}
