//! The mailbox of a connection: the messages that wait for it. It is bounded, and has no memory
//! until the first message comes.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::panics::discard;

/// A message that wasn't taken, with the reason.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendError<M> {
    /// As many messages as `mailbox` allows wait already.
    Full(M),
    /// The connection has ended.
    Gone(M),
}

#[derive(Debug)]
pub(crate) struct Mailbox<M> {
    capacity: usize,
    /// Counts the messages that came while it was full, for the whole server.
    full: Arc<AtomicU64>,
    /// `None` once the connection has ended.
    messages: Mutex<Option<VecDeque<M>>>,
}

impl<M> Mailbox<M> {
    pub(crate) fn new(capacity: usize, full: Arc<AtomicU64>) -> Self {
        Mailbox {
            capacity,
            full,
            messages: Mutex::new(Some(VecDeque::new())),
        }
    }

    fn messages(&self) -> MutexGuard<'_, Option<VecDeque<M>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, message: M) -> Result<(), SendError<M>> {
        match &mut *self.messages() {
            None => Err(SendError::Gone(message)),
            Some(messages) if messages.len() >= self.capacity => {
                self.full.fetch_add(1, Relaxed);
                Err(SendError::Full(message))
            }
            Some(messages) => {
                messages.push_back(message);
                Ok(())
            }
        }
    }

    pub(crate) fn pop(&self) -> Option<M> {
        self.messages().as_mut()?.pop_front()
    }

    /// Refuses messages from here on, and drops those that wait: outside of the lock and each by
    /// itself, as their destructors are code of the user's and may panic.
    pub(crate) fn close(&self) {
        let rest = self.messages().take();
        rest.into_iter().flatten().for_each(discard);
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Full(_) => "Full(..)",
            SendError::Gone(_) => "Gone(..)",
        })
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Full(_) => "the connection's mailbox is full",
            SendError::Gone(_) => "the connection has ended",
        })
    }
}

impl<M> std::error::Error for SendError<M> {}
