//! The servers of the program as they were at a moment.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use kai_tcp_server::{ConnectionInfo, Server, ServerInfo};
use serde_json::Value;

use crate::view::{overview, tree};

pub(crate) struct Snapshot {
    pub(crate) at: SystemTime,
    pub(crate) servers: Vec<Seen>,
    /// The event of the stream, made once for all viewers.
    event: OnceLock<Bytes>,
}

/// A server as it was. What only one part of the page shows is asked of it when that is shown.
pub(crate) struct Seen {
    pub(crate) server: Server,
    pub(crate) info: ServerInfo,
    connections: OnceLock<Vec<ConnectionInfo>>,
    tree: OnceLock<Value>,
}

impl Snapshot {
    pub(crate) fn take() -> Self {
        let seen = |server: Server| Seen {
            info: server.info(),
            server,
            connections: OnceLock::new(),
            tree: OnceLock::new(),
        };
        Snapshot {
            at: SystemTime::now(),
            servers: kai_tcp_server::servers().into_iter().map(seen).collect(),
            event: OnceLock::new(),
        }
    }

    /// Returns the server of this number.
    pub(crate) fn server(&self, number: u64) -> Option<&Seen> {
        self.servers.iter().find(|seen| seen.server.number() == number)
    }

    /// Returns the event that tells viewers of it.
    pub(crate) fn event(self: &Arc<Self>) -> Bytes {
        let event = || Bytes::from(format!("data: {}\n\n", overview::of(self)));
        self.event.get_or_init(event).clone()
    }
}

impl Seen {
    /// Returns the connections, longest-lived first.
    pub(crate) fn connections(&self) -> &[ConnectionInfo] {
        self.connections.get_or_init(|| self.server.connections())
    }

    pub(crate) fn tree(&self) -> &Value {
        self.tree.get_or_init(|| tree::of(&self.server.tree()))
    }
}
