//! The restart intensity: limits the number of restarts within a period.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// OTP's restart intensity: a sliding window over the times of the last restarts.
pub(super) struct Intensity {
    max_restarts: usize,
    period: Duration,
    /// The times of the restarts, oldest first; at most `max_restarts`.
    restarts: VecDeque<Instant>,
}

impl Intensity {
    pub(super) fn new(max_restarts: u32, period: Duration) -> Self {
        Intensity {
            max_restarts: usize::try_from(max_restarts).unwrap_or(usize::MAX),
            period,
            restarts: VecDeque::new(),
        }
    }

    /// Returns whether one more restart is allowed at `now`, and counts it if so.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        // As in OTP, a restart that is exactly `period` old still counts.
        while self
            .restarts
            .front()
            .is_some_and(|&then| now.duration_since(then) > self.period)
        {
            self.restarts.pop_front();
        }
        let allowed = self.restarts.len() < self.max_restarts;
        if allowed {
            self.restarts.push_back(now);
        }
        allowed
    }
}
