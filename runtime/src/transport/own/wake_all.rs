//! A waker for all places that wait at one listener.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// Wakes all places when a connection comes, as some may be blocked.
#[derive(Debug, Default)]
pub(super) struct WakeAll(Mutex<Vec<Option<Waker>>>);

impl WakeAll {
    fn waiting(&self) -> MutexGuard<'_, Vec<Option<Waker>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many places wait from here on.
    pub(super) fn set_shards(&self, shards: usize) {
        self.waiting().resize(shards, None);
    }

    pub(super) fn register(&self, shard: usize, cx: &Context<'_>) {
        if let Some(waiting) = self.waiting().get_mut(shard) {
            *waiting = Some(cx.waker().clone());
        }
    }
}

impl Wake for WakeAll {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut waiting = self.waiting();
        let wakers: Vec<_> = waiting.iter_mut().filter_map(Option::take).collect();
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }
}
