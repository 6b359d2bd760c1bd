//! The switch of a server: whether its connections are recorded, and by which recording.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::queue::Queue;

/// Shared by a server's connections.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    /// The number of the recording that runs; 0: none.
    present: AtomicU32,
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    /// The number of the last recording.
    last: u32,
    queue: Option<Arc<Queue>>,
}

impl Switch {
    /// Returns whether connections are recorded.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.present.load(Relaxed) != 0
    }

    /// Returns the number of the recording that runs, 0 if there is none.
    pub(crate) fn present(&self) -> u32 {
        self.present.load(Relaxed)
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a recording. Returns its number; `None` if one runs.
    pub(crate) fn begin(&self, queue: Arc<Queue>) -> Option<u32> {
        let mut slot = self.slot();
        if slot.queue.is_some() {
            return None;
        }
        slot.queue = Some(queue);
        slot.last = slot.last.checked_add(1).unwrap_or(1);
        self.present.store(slot.last, Relaxed);
        Some(slot.last)
    }

    /// Ends the recording of this number, if it still runs.
    pub(crate) fn end(&self, number: u32) {
        let mut slot = self.slot();
        if slot.last == number {
            self.turn_off(&mut slot);
        }
    }

    /// Ends whatever recording runs.
    pub(crate) fn end_all(&self) {
        self.turn_off(&mut self.slot());
    }

    fn turn_off(&self, slot: &mut Slot) {
        if let Some(queue) = slot.queue.take() {
            self.present.store(0, Relaxed);
            queue.end();
        }
    }

    /// Returns the recording that runs.
    pub(crate) fn running(&self) -> Option<(u32, Arc<Queue>)> {
        let slot = self.slot();
        Some((slot.last, Arc::clone(slot.queue.as_ref()?)))
    }
}
