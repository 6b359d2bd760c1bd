//! The permit of a connection: everything that it occupies until it ends.

use std::sync::Arc;

use crate::io::link::Link;
use crate::server::{Inner, Server};

/// A permit that counts a connection in the monitor, in the limit of its address and in
/// `max_processes` until it is dropped.
///
/// It is a single guard for all three, because every connection has one.
pub(crate) struct ConnectionPermit {
    server: Server,
    pub(crate) link: Arc<Link>,
}

impl ConnectionPermit {
    /// Returns the permit of a connection that was counted when it was accepted.
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
        // In this order, so that the monitor never counts more connections than there are slots.
        monitor.forget(&self.link);
        peer_filter.leave(self.link.peer_addr.ip());
        slots.leave(self.link.shard.into());
    }
}
