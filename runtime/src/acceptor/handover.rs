//! The connections that an acceptor accepted together with its own, until others of its shard take
//! them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use crate::server::permit::ConnectionPermit;
use crate::transport::listener::Arrived;

/// A connection that was accepted and has its slot, and that no acceptor serves yet.
pub(super) struct Accepted<T> {
    pub(super) arrived: Arrived,
    pub(super) permit: ConnectionPermit,
    /// The parts that it brings along if another process has served it so far.
    pub(super) carried: Carried<T>,
}

#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(super) type Carried<T> = Option<Box<crate::connection::Thawed<T>>>;

/// No connection comes from another process.
#[cfg(not(all(target_os = "linux", feature = "upgrade")))]
pub(super) type Carried<T> = std::marker::PhantomData<fn() -> T>;

/// The queue of connections that were handed over at one shard, first come first served.
///
/// The acceptor that hands connections over wakes or starts others for them, and adds at most
/// [`ACCEPTS_PER_TURN`] in its turn.
pub(super) struct Handover<T>(Mutex<VecDeque<Accepted<T>>>);

impl<T> Default for Handover<T> {
    fn default() -> Self {
        Handover(Mutex::default())
    }
}

/// The number of connections that an acceptor accepts in one turn. With one, connections that come
/// at once would be accepted one by one, each after all other tasks of the thread.
pub(super) const ACCEPTS_PER_TURN: usize = 128;

impl<T> Handover<T> {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Accepted<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, accepted: Accepted<T>) {
        self.queue().push_back(accepted);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue().is_empty()
    }

    pub(super) fn pop(&self) -> Option<Accepted<T>> {
        self.queue().pop_front()
    }

    /// Closes the connections that no acceptor will serve.
    pub(super) fn clear(&self) {
        let left = mem::take(&mut *self.queue());
        drop(left);
    }
}

impl<T> fmt::Debug for Handover<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}
