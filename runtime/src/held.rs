//! What a connection takes up until it ends.

use std::sync::Arc;

use crate::admission::Entry;
use crate::link::Link;
use crate::processes::Busy;
use crate::server::Inner;

/// A connection that is counted, and has its place among those of its address and among all that are served, until this is dropped.
///
/// One guard for all of it, as each connection has one.
pub(crate) struct Held<'s> {
    server: &'s Inner,
    pub(crate) link: Arc<Link>,
}

impl<'s> Held<'s> {
    /// For a peer that was let in, at the place that is busy with it.
    pub(crate) fn new(server: &'s Inner, link: Link, entry: Entry<'_>, busy: Busy<'_>) -> Self {
        let link = server.monitor.count(link);
        entry.keep();
        busy.keep();
        Held { server, link }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Inner {
            monitor,
            admission,
            processes,
            ..
        } = self.server;
        // In this order, so that no more are counted than have a place.
        monitor.forget(&self.link);
        admission.leave(self.link.peer_addr.ip());
        processes.leave(self.link.place.into());
    }
}
