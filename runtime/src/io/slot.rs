//! The slot that a connection's I/O lies in.

use std::ops::{Deref, DerefMut};

use super::Io;

/// The I/O of a connection that changes hands: the call loop has it or, while a callback runs that
/// takes the socket, the slot of the connection's link.
#[derive(Debug, Default)]
pub(crate) struct IoSlot(Option<Box<Io>>);

impl IoSlot {
    pub(crate) fn new(io: Io) -> Self {
        IoSlot(Some(Box::new(io)))
    }

    /// Returns the I/O, if it lies here.
    #[cfg(feature = "tls-provider")]
    pub(crate) fn get_mut(&mut self) -> Option<&mut Io> {
        self.0.as_deref_mut()
    }
}

const ELSEWHERE: &str = "only the slot that holds a connection's I/O is looked into";

impl Deref for IoSlot {
    type Target = Io;

    #[inline]
    fn deref(&self) -> &Io {
        self.0.as_deref().expect(ELSEWHERE)
    }
}

impl DerefMut for IoSlot {
    #[inline]
    fn deref_mut(&mut self) -> &mut Io {
        self.0.as_deref_mut().expect(ELSEWHERE)
    }
}
