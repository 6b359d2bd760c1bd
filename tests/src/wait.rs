//! Waiting for what no event tells.

use std::time::{Duration, Instant};

/// Waits until `condition` holds.
///
/// For counts and the like that follow a moment after what a client sees; where an event tells, wait for the event.
///
/// # Panics
///
/// If it doesn't come to hold.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    // Not tokio's time: a test may have paused it.
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}: it never came");
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
