//! Waiting for what no event tells.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

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

/// The next event that a server under test tells; none when nobody can tell one any more.
///
/// # Panics
///
/// If none comes. Where time is paused, at once.
pub async fn next<T>(events: &mut UnboundedReceiver<T>) -> Option<T> {
    timeout(Duration::from_mins(2), events.recv())
        .await
        .expect("another event comes")
}
