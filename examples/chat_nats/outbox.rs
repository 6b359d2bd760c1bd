//! The outbox: what members say, on its way to the bus, and whether it gets out at all.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use kai_tcp_server::Group;
use tokio::sync::{Notify, mpsc, watch};

/// The most lines that wait for the bus. It takes them at once, unless NATS is slow.
const QUEUE: usize = 1024;

#[derive(Default)]
pub(crate) struct Outbox {
    /// The bus's queue. `None` if there is no bus.
    queue: Mutex<Option<mpsc::Sender<Said>>>,
    /// Wakes the bus when a member comes, goes or changes the room.
    pub(crate) changed: Notify,
    away: watch::Sender<bool>,
}

/// A line for the other nodes.
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) room: Group<Bytes>,
    pub(crate) text: String,
}

impl Outbox {
    /// Opens the queue of a bus that starts, in place of the one of an earlier bus.
    pub(crate) fn open(&self) -> mpsc::Receiver<Said> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Puts a line into the queue, and never waits. While the other nodes are away it is dropped:
    /// the members know that.
    pub(crate) fn put(&self, said: Said) -> Result<(), &'static str> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().filter(|_| !self.is_away()) {
            Some(queue) => queue
                .try_send(said)
                .map_err(|_| "too much is said: the other nodes didn't hear that"),
            None => Ok(()),
        }
    }

    pub(crate) fn is_away(&self) -> bool {
        *self.away.borrow()
    }

    /// Sets whether the other nodes are away; returns whether they were.
    pub(crate) fn set_away(&self, away: bool) -> bool {
        self.away.send_replace(away)
    }

    /// Takes the other nodes to be away until the bus has reached them. The future waits for that.
    pub(crate) fn await_others(&self) -> impl Future<Output = ()> + use<> {
        self.set_away(true);
        let mut away = self.away.subscribe();
        async move { drop(away.wait_for(|away| !away).await) }
    }
}
