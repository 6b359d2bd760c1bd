//! The snapshots of the servers: at most one a second, shared by all who look, and none while
//! nobody does.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use crate::snapshot::Snapshot;

/// The time from one snapshot to the next.
const PERIOD: Duration = Duration::from_secs(1);

/// The most viewers of the stream.
const VIEWERS: usize = 16;

pub(crate) struct Looks {
    latest: watch::Sender<Option<Arc<Snapshot>>>,
    /// The time at which the latest was taken, also if it is forgotten by now.
    taken: Mutex<Option<Instant>>,
    /// Notified when somebody looks.
    looked: Notify,
}

/// A viewer of the stream, until it is dropped.
pub(crate) type Viewer = watch::Receiver<Option<Arc<Snapshot>>>;

impl Default for Looks {
    fn default() -> Self {
        Looks {
            latest: watch::Sender::new(None),
            taken: Mutex::default(),
            looked: Notify::new(),
        }
    }
}

impl Looks {
    /// Returns the latest snapshot, if it is no older than a second, or else a new one.
    pub(crate) fn current(&self) -> Arc<Snapshot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_fresh = taken.is_some_and(|taken| now.duration_since(taken) < PERIOD);
        let kept = self.latest.borrow().clone().filter(|_| is_fresh);
        if let Some(kept) = kept {
            return kept;
        }
        *taken = Some(now);
        let snapshot = Arc::new(Snapshot::take());
        self.latest.send_replace(Some(Arc::clone(&snapshot)));
        self.looked.notify_one();
        snapshot
    }

    /// Returns a new viewer of the stream, unless there are too many.
    pub(crate) fn view(&self) -> Option<Viewer> {
        let few = self.latest.receiver_count() < VIEWERS;
        few.then(|| {
            let mut viewer = self.latest.subscribe();
            self.current();
            // It sees what is there at once, and then each change.
            viewer.mark_changed();
            viewer
        })
    }

    /// Takes a snapshot each second while somebody views the stream, and forgets the last one when
    /// nobody looks any more. Runs for ever.
    pub(crate) async fn keep(&self) {
        loop {
            self.looked.notified().await;
            loop {
                let next = self
                    .taken
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .map(|taken| taken + PERIOD);
                match next {
                    Some(next) => sleep_until(next).await,
                    None => pending().await,
                }
                if self.latest.receiver_count() == 0 {
                    // It holds servers, which may have ended.
                    self.latest.send_replace(None);
                    break;
                }
                self.current();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::*;

    async fn look_on(looks: &Arc<Looks>) -> tokio::task::JoinHandle<()> {
        let looks = Arc::clone(looks);
        let keeper = tokio::spawn(async move { looks.keep().await });
        yield_now().await;
        keeper
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_look_within_a_second_see_the_same_snapshot() {
        let looks = Looks::default();
        let first = looks.current();
        advance(Duration::from_millis(999)).await;
        assert!(Arc::ptr_eq(&first, &looks.current()));
        advance(Duration::from_millis(1)).await;
        assert!(!Arc::ptr_eq(&first, &looks.current()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_sees_one_a_second_and_without_one_none_is_taken_or_kept() {
        let looks = Arc::new(Looks::default());
        let _keeper = look_on(&looks).await;
        let began = Instant::now();
        let mut viewer = looks.view().unwrap();
        for second in 0..3 {
            viewer.changed().await.unwrap();
            assert!(viewer.borrow_and_update().is_some());
            assert_eq!(began.elapsed(), Duration::from_secs(second));
        }
        drop(viewer);
        tokio::time::sleep(PERIOD * 2).await;
        assert!(looks.latest.borrow().is_none());
        let taken = *looks.taken.lock().unwrap();
        tokio::time::sleep(PERIOD * 10).await;
        assert_eq!(*looks.taken.lock().unwrap(), taken);
        // The next one sees it anew.
        let mut viewer = looks.view().unwrap();
        viewer.changed().await.unwrap();
        assert!(viewer.borrow_and_update().is_some());
    }

    #[test]
    fn viewers_have_a_limit_and_make_room() {
        let looks = Looks::default();
        let viewers: Vec<_> = std::iter::from_fn(|| looks.view()).take(VIEWERS + 1).collect();
        assert_eq!(viewers.len(), VIEWERS);
        drop(viewers);
        assert!(looks.view().is_some());
    }
}
