//! The tape: what passes over recorded connections, on its way to the thread that writes it.
//!
//! A connection copies it to a queue (`queue`) and goes on: it never waits for a disk. The switch
//! of its server (`switch`) says whether there is a queue, by a byte that a connection looks at
//! when it has read or written; what a recorded connection knows of its own recording is its reel
//! (`reel`).

pub(crate) mod queue;
pub(crate) mod reel;
pub(crate) mod switch;

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}
