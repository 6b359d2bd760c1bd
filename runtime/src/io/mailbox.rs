//! The mailbox of a connection: the messages that wait for it. It is bounded, and has no memory of
//! its own until two messages wait at a time.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
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
    messages: Mutex<Messages<M>>,
}

#[derive(Debug)]
enum Messages<M> {
    /// One message at most. It lies in the mailbox itself, so that a broadcast to a crowd of idle
    /// connections allocates nothing.
    One(Option<M>),
    /// Several. Their memory stays for the next ones.
    Many(VecDeque<M>),
    /// As many, and full for as long as the connection is frozen: nothing that was taken is lost
    /// if another process goes on with it.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    Frozen(VecDeque<M>),
    /// The connection has ended.
    Gone,
}

impl<M> Mailbox<M> {
    pub(crate) fn new(capacity: usize, full: Arc<AtomicU64>) -> Self {
        Mailbox {
            capacity,
            full,
            messages: Mutex::new(Messages::One(None)),
        }
    }

    fn messages(&self) -> MutexGuard<'_, Messages<M>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, message: M) -> Result<(), SendError<M>> {
        let mut messages = self.messages();
        match &mut *messages {
            Messages::Gone => return Err(SendError::Gone(message)),
            // `mailbox` is at least 1.
            Messages::One(place @ None) => *place = Some(message),
            Messages::One(Some(_)) if self.capacity > 1 => messages.push_second(message),
            Messages::Many(many) if many.len() < self.capacity => many.push_back(message),
            _ => {
                self.full.fetch_add(1, Relaxed);
                return Err(SendError::Full(message));
            }
        }
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<M> {
        match &mut *self.messages() {
            Messages::One(message) => message.take(),
            Messages::Many(many) => many.pop_front(),
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            Messages::Frozen(rest) => rest.pop_front(),
            Messages::Gone => None,
        }
    }

    /// Refuses messages from here on, and drops those that wait: outside of the lock and each by
    /// itself, as their destructors are code of the user's and may panic.
    pub(crate) fn close(&self) {
        let rest = mem::replace(&mut *self.messages(), Messages::Gone);
        match rest {
            Messages::One(message) => message.into_iter().for_each(discard),
            Messages::Many(many) => many.into_iter().for_each(discard),
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            Messages::Frozen(rest) => rest.into_iter().for_each(discard),
            Messages::Gone => {}
        }
    }

    /// Takes no message until [`unfreeze`](Self::unfreeze); those that wait can be had.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn freeze(&self) {
        let mut messages = self.messages();
        *messages = match mem::replace(&mut *messages, Messages::Gone) {
            Messages::One(message) => Messages::Frozen(message.into_iter().collect()),
            Messages::Many(many) => Messages::Frozen(many),
            other => other,
        };
    }

    /// Returns whether it takes no message because its connection is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        match &*self.messages() {
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            Messages::Frozen(_) => true,
            Messages::One(_) | Messages::Many(_) | Messages::Gone => false,
        }
    }

    /// Takes messages again.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn unfreeze(&self) {
        let mut messages = self.messages();
        *messages = match mem::replace(&mut *messages, Messages::Gone) {
            Messages::Frozen(rest) if rest.is_empty() => Messages::One(None),
            Messages::Frozen(rest) => Messages::Many(rest),
            other => other,
        };
    }
}

impl<M> Messages<M> {
    #[cold]
    fn push_second(&mut self, message: M) {
        if let Messages::One(first) = self {
            *self = Messages::Many(first.take().into_iter().chain([message]).collect());
        }
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
