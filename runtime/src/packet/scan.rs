//! The progress of a search for the end of a frame, so that no byte is searched twice.

/// The number of bytes that were searched.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// The number of bytes at the front of the buffer that need no further search.
    searched: usize,
}

impl Scan {
    pub(super) const fn new() -> Self {
        Scan { searched: 0 }
    }

    /// Returns the position to continue at. A buffer that has become shorter isn't the one that was
    /// searched, so the search starts anew.
    #[inline]
    pub(super) fn start(&self, buffer: &[u8]) -> usize {
        if self.searched <= buffer.len() {
            self.searched
        } else {
            0
        }
    }

    /// Saves the position at which the search stops until more bytes arrive.
    pub(super) fn stop_at(&mut self, searched: usize) {
        self.searched = searched;
    }

    /// Resets the search after the end of a frame was found.
    #[inline]
    pub(super) fn finish(&mut self) {
        *self = Scan::new();
    }
}
