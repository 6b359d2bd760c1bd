//! A frame between the read buffer and the call.

use bytes::Bytes;

use crate::packet::Canonical;
use crate::packet::http::Line;

/// A frame that is held during a call.
#[doc(hidden)]
#[derive(Debug)]
pub enum HeldFrame<'i> {
    /// The frame is in the read buffer.
    InPlace(&'i [u8]),
    /// The frame was split off the read buffer.
    Split(Bytes),
}

impl HeldFrame<'_> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            HeldFrame::InPlace(frame) => frame,
            HeldFrame::Split(bytes) => bytes,
        }
    }
}

/// A line of HTTP that is held during a call.
#[doc(hidden)]
#[derive(Debug)]
pub struct HeldHttpLine<'i> {
    pub(crate) held: HeldFrame<'i>,
    pub(crate) line: Line,
    /// The space for the canonical name of a header.
    pub(crate) canonical: Canonical,
}

impl<'i> HeldHttpLine<'i> {
    pub(crate) fn new(held: HeldFrame<'i>, line: Line) -> Self {
        HeldHttpLine {
            held,
            line,
            canonical: Canonical::new(),
        }
    }
}
