//! The messages between the old and the new process.

use serde::{Deserialize, Serialize};

use crate::io::carried::Carried;

/// A message; what else belongs to it, bytes and descriptors, stands beside it.
///
/// ```text
/// old                              new
///  ── Offer … AllOffered ──────────▶   one Offer for each server, with its listening sockets
///  ◀─────────── Ready or Failed ───    all servers listen there
///  ── Connection … Commit ─────────▶   each frozen connection, with its socket
///  ◀──────────────────── Serving ──    before the first of them is read
///  ── Connection … Commit ─────────▶   those that froze later
///  ── Following ───────────────────▶   some won't follow, as they have ended or stay
///  …
/// ```
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    Offer(Offer),
    AllOffered,
    Ready,
    Failed {
        why: String,
    },
    Connection(Box<OfferedConnection>),
    /// The connections since the last one are the new process's once it says that it serves them.
    Commit {
        following: Following,
    },
    /// Fewer connections may follow than the last commit said.
    Following(Following),
    Serving {
        /// The places of the connections that stay in the old process, and why.
        refused: Vec<(usize, String)>,
    },
}

/// The number of connections of each server, by label, that the old process serves still and may
/// hand over later.
pub(super) type Following = Vec<(String, usize)>;

/// A server, and the keys of its sockets, in their order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Offer {
    pub(super) label: String,
    /// True if the server is suspended.
    pub(super) suspended: bool,
    pub(super) keys: Vec<String>,
}

/// A connection. Beside it stand its session, and behind that what it has read and not handled.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfferedConnection {
    pub(super) label: String,
    pub(super) carried: Carried,
    /// The version of the session's format.
    pub(super) version: u32,
    /// The length of the session.
    pub(super) session: usize,
}
