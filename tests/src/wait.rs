//! Waiting for conditions that no event announces.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

/// Waits until `condition` holds.
///
/// Use it for counts and the like that follow shortly after what a client sees. If there is an
/// event, wait for the event.
///
/// # Panics
///
/// If the condition doesn't become true.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    // Don't use tokio's time, which a test may have paused.
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}: it never came");
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits for the next event of a server under test. Returns `None` when no sender is left.
///
/// # Panics
///
/// If no event comes. With paused time this happens at once.
pub async fn next<T>(events: &mut UnboundedReceiver<T>) -> Option<T> {
    timeout(Duration::from_mins(2), events.recv())
        .await
        .expect("another event comes")
}
