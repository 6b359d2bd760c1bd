//! A timer that is created on its first use.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A time that is practically never over; tokio uses the same.
const NEVER: Duration = Duration::from_hours(24 * 365 * 30);

#[derive(Debug, Default)]
pub(crate) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Returns `Ready` once `end` has come.
    pub(crate) fn poll_until(&mut self, end: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(cx)
    }
}

/// A timer for each shard, because a blocked core must not delay the timers of others.
#[derive(Debug, Default)]
pub(crate) struct Timers(Vec<Timer>);

impl Timers {
    pub(crate) fn poll_until(&mut self, shard: usize, end: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.len() <= shard {
            self.0.resize_with(shard + 1, Timer::default);
        }
        self.0[shard].poll_until(end, cx)
    }
}

/// Returns the instant at which `time` from now is over.
pub(crate) fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or_else(|| now + NEVER)
}
