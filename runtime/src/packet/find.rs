//! The result of a search for a frame in a buffer.

use std::ops::Range;

/// The result of [`Decoder::find`](super::Decoder::find).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    /// A complete frame is at the front of the buffer.
    Frame(Cut),
    /// The frame is incomplete. The number is the total length of the frame in bytes, header
    /// included, if it is known already; the frame is complete once the buffer holds that many
    /// bytes.
    More(Option<usize>),
}

/// The place of a frame in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The part of the buffer that is delivered as the frame.
    pub frame: Range<usize>,
    /// The number of bytes to remove from the front of the buffer, header and terminator included.
    pub end: usize,
}

impl Find {
    pub(super) fn frame(frame: Range<usize>, end: usize) -> Self {
        Find::Frame(Cut { frame, end })
    }

    /// Returns the frame if the buffer reaches its end, otherwise [`Find::More`] with that end.
    pub(super) fn upto(frame: Range<usize>, end: usize, buffer: &[u8]) -> Self {
        if buffer.len() < end {
            Find::More(Some(end))
        } else {
            Find::frame(frame, end)
        }
    }
}
