//! A connection's I/O while a callback has it as its socket.

use crate::io::IoSlot;
use crate::io::link::Link;

/// The I/O of a connection, lent to the socket: it lies in the slot of the link, until this is
/// dropped.
pub(super) struct IoLoan<'l> {
    io: &'l mut IoSlot,
    link: &'l Link,
}

impl<'l> IoLoan<'l> {
    pub(super) fn new(io: &'l mut IoSlot, link: &'l Link) -> Self {
        // The time that a read has waited belongs to another callback.
        io.stream.begin_read();
        let mut loan = IoLoan { io, link };
        loan.swap();
        loan
    }

    fn swap(&mut self) {
        std::mem::swap(self.io, &mut *self.link.lent());
    }
}

impl Drop for IoLoan<'_> {
    fn drop(&mut self) {
        self.swap();
        // Only this callback's errors may be judged by what its socket saw.
        self.io.stream.set_saw(None);
    }
}
