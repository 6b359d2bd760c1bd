//! The bell of a listener: what the listener wakes when a connection arrives, and a flag that the
//! connections of the same shard look at.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// Served connections accept once in this many looks, so that they keep most of the thread's time.
const CHANCES: u32 = 32;

/// Wakes the leader of a shard, and lets the shard's served connections accept until the leader
/// runs.
///
/// The leader runs only after all tasks that its thread has queued. Without the bell the
/// connections that have arrived would wait that long.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: AtomicBool,
    chances: AtomicU32,
    leader: Mutex<Option<Waker>>,
}

impl Bell {
    fn leader(&self) -> MutexGuard<'_, Option<Waker>> {
        self.leader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the task of `cx` the leader: a connection that arrives after this call wakes it.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        match &mut *self.leader() {
            Some(waker) => waker.clone_from(cx.waker()),
            leader => *leader = Some(cx.waker().clone()),
        }
        self.rung.store(false, SeqCst);
        self.chances.store(0, Relaxed);
    }

    /// Returns whether a connection has arrived and the leader hasn't run yet, so that the caller
    /// is to accept now.
    #[inline]
    pub(crate) fn has_rung(&self) -> bool {
        self.rung.load(Relaxed) && self.chances.fetch_add(1, Relaxed).is_multiple_of(CHANCES)
    }

    /// Silences the bell until the next connection arrives.
    pub(crate) fn hush(&self) {
        self.rung.store(false, Relaxed);
    }

    pub(crate) fn wake_leader(&self) {
        let leader = self.leader().take();
        if let Some(leader) = leader {
            leader.wake();
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, SeqCst);
        self.wake_leader();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Leader(AtomicUsize);

    impl Wake for Leader {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn others_accept_once_in_so_many_chances_until_the_leader_has_its_turn_or_nobody_more_comes() {
        let (bell, leader) = (Arc::new(Bell::default()), Arc::new(Leader::default()));
        let (ring, waker) = (Waker::from(Arc::clone(&bell)), Waker::from(Arc::clone(&leader)));
        let accepted = || (0..2 * CHANCES).filter(|_| bell.has_rung()).count();
        assert_eq!(accepted(), 0, "nobody has come");
        bell.register(&Context::from_waker(&waker));
        ring.wake_by_ref();
        ring.wake_by_ref();
        assert_eq!(leader.0.load(SeqCst), 1, "it is woken once for each time that it waits");
        assert_eq!(accepted(), 2);
        bell.hush();
        assert_eq!(accepted(), 0);
        ring.wake_by_ref();
        assert_eq!(accepted(), 2);
        bell.register(&Context::from_waker(&waker));
        assert_eq!(accepted(), 0);
    }

    #[test]
    fn whoever_has_the_first_chance_after_it_rang_accepts() {
        let bell = Arc::new(Bell::default());
        for _ in 0..3 {
            bell.register(&Context::from_waker(Waker::noop()));
            Waker::from(Arc::clone(&bell)).wake();
            assert!(bell.has_rung());
            assert!(!bell.has_rung());
        }
    }
}
