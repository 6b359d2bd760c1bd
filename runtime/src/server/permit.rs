//! The permit of a connection: everything that it occupies until it ends.

use std::sync::Arc;

use crate::accept::refused::Refusal;
use crate::io::link::Link;
use crate::server::{Inner, Server};
use crate::transport::addr::PeerAddr;

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

    /// Counts the connection as one of the peer that its handshake reported.
    ///
    /// # Errors
    ///
    /// The limits by address don't let that peer in; the connection still counts as the former
    /// peer's.
    pub(crate) fn set_peer_addr(&self, peer_addr: PeerAddr) -> Result<(), Refusal> {
        let peer_filter = &self.server.inner().peer_filter;
        peer_filter.admit(&peer_addr)?.keep();
        peer_filter.leave(&self.link.set_peer_addr(peer_addr));
        Ok(())
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
        peer_filter.leave(&self.link.peer_addr());
        slots.leave(self.link.shard.into());
    }
}
