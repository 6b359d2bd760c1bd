//! What is remembered of a frame whose end hasn't come, so that no byte of it is searched twice.

/// How far a buffer was searched.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// So many bytes at the front of the buffer are done with: they are never searched again.
    searched: usize,
}

impl Scan {
    pub(super) const fn new() -> Self {
        Scan { searched: 0 }
    }

    /// Where to go on searching. A buffer that has become shorter is not the one that was searched.
    #[inline]
    pub(super) fn start(&self, buffer: &[u8]) -> usize {
        if self.searched <= buffer.len() {
            self.searched
        } else {
            0
        }
    }

    /// The search stops here, as more has to come.
    pub(super) fn stop_at(&mut self, searched: usize) {
        self.searched = searched;
    }

    /// The end was found.
    #[inline]
    pub(super) fn finish(&mut self) {
        *self = Scan::new();
    }
}
