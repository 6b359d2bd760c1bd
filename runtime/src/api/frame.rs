//! One frame, between the read buffer and the call.

use bytes::Bytes;

use crate::packet::Canonical;
use crate::packet::http::Line;

/// A frame, held for the time of a call.
#[doc(hidden)]
#[derive(Debug)]
pub enum Held<'i> {
    /// In the read buffer.
    InPlace(&'i [u8]),
    /// Split off.
    Split(Bytes),
}

impl Held<'_> {
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Held::InPlace(frame) => frame,
            Held::Split(bytes) => bytes,
        }
    }
}

/// A line of HTTP, held for the time of a call.
#[doc(hidden)]
#[derive(Debug)]
pub struct HeldLine<'i> {
    pub(crate) held: Held<'i>,
    pub(crate) line: Line,
    /// Where the name of a header is written in its canonical case.
    pub(crate) canonical: Canonical,
}

impl<'i> HeldLine<'i> {
    pub(crate) fn new(held: Held<'i>, line: Line) -> Self {
        HeldLine {
            held,
            line,
            canonical: Canonical::new(),
        }
    }
}
