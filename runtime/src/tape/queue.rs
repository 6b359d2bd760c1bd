//! The queue between the connections and the thread that writes a recording: bounded, and never a
//! reason to wait for who fills it.

use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::Side;
use crate::packet::Packet;
use crate::reason::CloseReason;

/// The room that an event takes beside its bytes.
const EVENT: usize = 128;

/// The pieces that are recorded, in their order.
#[derive(Debug)]
pub(crate) struct Queue {
    begun: Instant,
    /// The most that waits, in bytes.
    room: usize,
    pub(crate) filter: Filter,
    state: Mutex<State>,
    filled: Condvar,
    /// Told when all is written.
    written: Condvar,
}

/// The connections that are recorded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) connection: Option<u64>,
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    ended: bool,
    /// All is written, or can't be.
    done: bool,
    /// The writer waits.
    waits: bool,
    /// The number of connections of which nothing is recorded, as there was no room.
    unseen: u64,
}

/// The pieces that came since the writer took the last one.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Event>,
    /// The bytes of all events, one behind the other.
    pub(crate) bytes: Vec<u8>,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.bytes.clear();
    }
}

/// An event of a connection.
#[derive(Debug)]
pub(crate) struct Event {
    /// Since the recording began.
    pub(crate) time: Duration,
    pub(crate) connection: u64,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The connection is recorded from here on; `joined`: something has passed before.
    Opened {
        peer: String,
        packet: Packet,
        joined: bool,
    },
    /// So many of the batch's bytes have passed.
    Bytes(Side, usize),
    LeftOut(LeftOut),
    /// Frames are of another packet mode from here on.
    Packet {
        packet: Packet,
        /// So many bytes that the server is about to send are of the one before.
        unsent: usize,
        /// So many of the batch's bytes are recorded already, and are of this one.
        ahead: usize,
    },
    State(&'static str),
    /// The bytes from here on pass encrypted, and are recorded in plain.
    #[cfg(feature = "tls-provider")]
    StartTls,
    /// No more comes of this side.
    Closed(Side),
    /// The server stops: what it says from here on is its goodbye.
    Stopped,
    /// The peer is gone, without a goodbye.
    Reset,
    Ended(Option<CloseReason>),
}

/// The amount that a full queue left out of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) client: u64,
    pub(crate) server: u64,
    /// An event that has no bytes.
    pub(crate) other: bool,
}

impl Queue {
    pub(crate) fn new(begun: Instant, room: usize, filter: Filter) -> Self {
        Queue {
            begun,
            room,
            filter,
            state: Mutex::default(),
            filled: Condvar::new(),
            written: Condvar::new(),
        }
    }

    /// The lock is held for copies in memory alone.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds events, if there is room for all of them; or in any case, for an event that comes once.
    /// Returns false if they were left out.
    pub(crate) fn push<'p>(
        &self,
        connection: u64,
        events: impl Iterator<Item = What> + Clone,
        bytes: impl Iterator<Item = &'p [u8]> + Clone,
        in_any_case: bool,
    ) -> bool {
        let length: usize = bytes.clone().map(<[u8]>::len).sum();
        let number = events.clone().count();
        let mut state = self.state();
        if state.ended {
            // It isn't missed.
            return true;
        }
        let waiting = state.batch.bytes.len() + state.batch.events.len() * EVENT;
        if !in_any_case && waiting + length + number * EVENT > self.room {
            return false;
        }
        // Under the lock, so that times are in the order of the events.
        let time = self.begun.elapsed();
        state
            .batch
            .events
            .extend(events.map(|what| Event { time, connection, what }));
        bytes.for_each(|bytes| state.batch.bytes.extend_from_slice(bytes));
        if state.waits {
            state.waits = false;
            self.filled.notify_one();
        }
        true
    }

    /// Waits for events, and swaps them for an empty batch. Returns false when the recording has
    /// ended and nothing is left.
    pub(crate) fn take(&self, batch: &mut Batch) -> bool {
        let mut state = self.state();
        while state.batch.events.is_empty() && !state.ended {
            state.waits = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut state.batch, batch);
        !batch.events.is_empty()
    }

    /// Ends the recording: what waits is still written.
    pub(crate) fn end(&self) {
        self.state().ended = true;
        self.filled.notify_one();
    }

    /// Ends it at once: nothing can be written any more.
    pub(crate) fn give_up(&self) {
        let mut state = self.state();
        state.ended = true;
        state.batch = Batch::default();
        self.filled.notify_one();
    }

    /// Counts a connection that came and went without room for it.
    pub(crate) fn count_unseen(&self) {
        self.state().unseen += 1;
    }

    pub(crate) fn unseen(&self) -> u64 {
        self.state().unseen
    }

    /// Tells that all is written.
    pub(crate) fn tell_done(&self) {
        self.state().done = true;
        self.written.notify_all();
    }

    /// Waits until all is written. Returns false if it isn't after `limit`, by the machine's clock:
    /// a test may have paused tokio's, which says nothing of a disk.
    pub(crate) async fn done(self: Arc<Self>, limit: Duration) -> bool {
        let wait = move || {
            let waited = self
                .written
                .wait_timeout_while(self.state(), limit, |state| !state.done);
            waited.unwrap_or_else(PoisonError::into_inner).0.done
        };
        // It fails where the runtime ends, and nobody waits for it.
        spawn_blocking(wait).await.unwrap_or(false)
    }
}
