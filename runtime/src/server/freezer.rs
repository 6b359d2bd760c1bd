//! The way of a server's connections to a new process: what they send there, and what they hear.

use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use crate::io::carried::Carried;
use crate::io::frozen::Frozen;
use crate::io::link::ConnectionId;

/// A connection between two calls, which waits for its verdict: nothing is read from it and nothing
/// written to it until then.
#[derive(Debug)]
pub(crate) struct FrozenConnection {
    /// A duplicate; the connection has its own.
    pub(crate) socket: OwnedFd,
    pub(crate) carried: Carried,
    pub(crate) frozen: Frozen,
    pub(crate) verdict: oneshot::Sender<Verdict>,
}

/// The process in which a frozen connection goes on. If nobody says, it may be the new one, and it
/// ends here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// In the new process.
    There,
    /// Here.
    Here,
}

/// The answer of a connection that was told to freeze. There is one at most.
#[derive(Debug)]
pub(crate) enum Answer {
    Frozen(ConnectionId, Box<FrozenConnection>),
    /// It can't be handed over, and goes on here.
    Stays(ConnectionId),
}

/// The place that takes the answers of a server's connections while they are to freeze.
#[derive(Debug, Default)]
pub(crate) struct Freezer(Mutex<Option<mpsc::UnboundedSender<Answer>>>);

impl Freezer {
    fn answers(&self) -> std::sync::MutexGuard<'_, Option<mpsc::UnboundedSender<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes answers from here on. There are no more of them than connections.
    pub(crate) fn open(&self, answers: mpsc::UnboundedSender<Answer>) {
        *self.answers() = Some(answers);
    }

    /// Takes no more answers.
    pub(crate) fn close(&self) {
        *self.answers() = None;
    }

    /// Returns whether answers are taken.
    pub(crate) fn is_open(&self) -> bool {
        self.answers().is_some()
    }

    /// Takes an answer. One that isn't taken is given back.
    pub(crate) fn answer(&self, answer: Answer) -> Result<(), Answer> {
        match &*self.answers() {
            Some(answers) => answers.send(answer).map_err(|unsent| unsent.0),
            None => Err(answer),
        }
    }
}
