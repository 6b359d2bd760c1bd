//! The time that a connection of the page has. One with a stream of events has more for as long as
//! its viewer reads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The time that a connection may take that has one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time that a viewer may leave an event unread.
const STREAM_PATIENCE: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    pub(crate) fn new() -> Self {
        Deadline(Arc::new(Mutex::new(Instant::now() + PATIENCE)))
    }

    fn at(&self) -> MutexGuard<'_, Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the deadline off, as a viewer has taken an event.
    pub(crate) fn put_off(&self) {
        *self.at() = Instant::now() + STREAM_PATIENCE;
    }

    /// Waits until the deadline has passed.
    pub(crate) async fn passed(&self) {
        loop {
            let at = *self.at();
            if at <= Instant::now() {
                return;
            }
            sleep_until(at).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_viewer_that_reads_has_time_and_one_that_doesnt_is_cut() {
        let began = Instant::now();
        let deadline = Deadline::new();
        let viewer = deadline.clone();
        let reads = tokio::spawn(async move {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                viewer.put_off();
            }
        });
        deadline.passed().await;
        assert!(reads.is_finished());
        assert_eq!(began.elapsed(), Duration::from_secs(100) + STREAM_PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_its_time() {
        let began = Instant::now();
        Deadline::new().passed().await;
        assert_eq!(began.elapsed(), PATIENCE);
    }
}
