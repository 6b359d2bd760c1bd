//! What a connection takes up until it ends.

use std::sync::Arc;

use crate::io::link::Link;
use crate::server::{Inner, Server};

/// A connection that is counted, and has its place among those of its address and among all that are served, until this is dropped.
///
/// One guard for all of it, as each connection has one.
pub(crate) struct ConnectionPermit {
    server: Server,
    pub(crate) link: Arc<Link>,
}

impl ConnectionPermit {
    /// For a connection that was counted when it was accepted.
    pub(crate) fn new(server: Server, link: Arc<Link>) -> Self {
        ConnectionPermit { server, link }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let Inner {
            monitor,
            peer_filter,
            slots,
            ..
        } = self.server.inner();
        // In this order, so that no more are counted than have a place.
        monitor.forget(&self.link);
        peer_filter.leave(self.link.peer_addr.ip());
        slots.leave(self.link.shard.into());
    }
}
