//! How many connections a second: a bucket of tokens.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

const PERIOD: Duration = Duration::from_secs(1);

/// A bucket that holds a second's tokens, and gets one after the other.
#[derive(Debug)]
pub(crate) struct Rate {
    /// How long a token takes to come.
    each: Duration,
    /// When the bucket is full, if nobody takes any more.
    full_at: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        Rate {
            each: PERIOD.checked_div(per_second).unwrap_or(PERIOD),
            full_at: Instant::now(),
            timer: None,
        }
    }

    /// Ready when there is a token.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let room = PERIOD.saturating_sub(self.each);
        // The clock is asked, as a timer may be a millisecond late.
        while self.full_at.saturating_duration_since(Instant::now()) > room {
            let next = self.full_at - room;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(next)));
            if timer.deadline() != next {
                timer.as_mut().reset(next);
            }
            ready!(timer.as_mut().poll(cx));
        }
        Poll::Ready(())
    }

    /// Takes one.
    pub(crate) fn take(&mut self) {
        self.full_at = self.full_at.max(Instant::now()) + self.each;
    }
}
