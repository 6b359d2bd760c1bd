//! What a listener wakes.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// Once in so many chances the others accept: those who are served have most of the thread.
const CHANCES: u32 = 32;

/// Wakes the acceptor that waits at a place, and tells the others of that place meanwhile: it has its turn only after all tasks that its
/// thread has to do, and those who have come would wait for so long.
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

    /// The task of `cx` is the one that waits, from here on: what rings after this wakes it.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        match &mut *self.leader() {
            Some(waker) => waker.clone_from(cx.waker()),
            leader => *leader = Some(cx.waker().clone()),
        }
        self.rung.store(false, SeqCst);
        self.chances.store(0, Relaxed);
    }

    /// Whether it has rung and the one that waits has had no turn yet, so that another one may accept now.
    #[inline]
    pub(crate) fn has_rung(&self) -> bool {
        self.rung.load(Relaxed) && self.chances.fetch_add(1, Relaxed).is_multiple_of(CHANCES)
    }

    /// Nobody needs to accept before it rings again.
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
}
