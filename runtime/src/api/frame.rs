//! A frame on its way from the read buffer to its call.

use bytes::Bytes;

use crate::packet::Canonical;
use crate::packet::http::Line;

/// A frame, held for the time of a call.
#[doc(hidden)]
#[derive(Debug)]
pub enum HeldFrame<'i> {
    /// In the read buffer.
    InPlace(&'i [u8]),
    /// Split off.
    Split(Bytes),
}

impl HeldFrame<'_> {
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            HeldFrame::InPlace(frame) => frame,
            HeldFrame::Split(bytes) => bytes,
        }
    }
}

/// A line of HTTP, held for the time of a call.
#[doc(hidden)]
#[derive(Debug)]
pub struct HeldHttpLine<'i> {
    pub(crate) held: HeldFrame<'i>,
    pub(crate) line: Line,
    /// Where the name of a header is written in its canonical case.
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
