//! Where a frame lies in a buffer.

use std::ops::Range;

/// What [`Decoder::find`](super::Decoder::find) found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    /// A whole frame lies at the front of the buffer.
    Frame(Cut),
    /// The frame isn't whole. Its total length in bytes, header and all, where that is known already: no more than that
    /// has to be in the buffer.
    More(Option<usize>),
}

/// Where a frame lies in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The frame as it is delivered.
    pub frame: Range<usize>,
    /// How many bytes it takes off the front of the buffer, header and terminator included.
    pub end: usize,
}

impl Find {
    #[inline]
    pub(super) fn frame(frame: Range<usize>, end: usize) -> Self {
        Find::Frame(Cut { frame, end })
    }

    /// A frame that ends at `end`, once the buffer reaches that far.
    pub(super) fn upto(frame: Range<usize>, end: usize, buffer: &[u8]) -> Self {
        if buffer.len() < end {
            Find::More(Some(end))
        } else {
            Find::frame(frame, end)
        }
    }
}
