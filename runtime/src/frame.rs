//! One frame, between the read buffer and the call.

use bytes::{Bytes, BytesMut};

use crate::packet::http::Line;
use crate::packet::{Canonical, Cut};

/// A frame, held for the time of a call.
#[doc(hidden)]
#[derive(Debug)]
pub enum Held {
    /// In the read buffer, which is held with it.
    InPlace {
        /// The whole read buffer.
        buffer: BytesMut,
        /// Where the frame lies in it.
        cut: Cut,
    },
    /// Split off.
    Split(Bytes),
}

impl Held {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Held::InPlace { buffer, cut } => &buffer[cut.frame.clone()],
            Held::Split(bytes) => bytes,
        }
    }
}

/// A line of HTTP, held for the time of a call.
#[doc(hidden)]
#[derive(Debug)]
pub struct HeldLine {
    pub(crate) held: Held,
    pub(crate) line: Line,
    /// Where the name of a header is written in its canonical case.
    pub(crate) canonical: Canonical,
}
