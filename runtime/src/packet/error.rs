//! Errors of decoding frames and encoding replies.

use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// The reason why a frame can't be delivered or a reply can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// A received frame is longer than `packet_size` allows.
    TooLong {
        /// The length of the frame as `packet_size` counts it, in bytes; `None` for a line whose
        /// end hasn't arrived.
        length: Option<usize>,
        /// The exceeded limit in bytes.
        packet_size: usize,
    },
    /// A received frame, length header included, is longer than the 2147483647 bytes that `gen_tcp`
    /// can count.
    Overflow {
        /// The number of bytes after the header.
        length: usize,
    },
    /// The received bytes aren't a frame of this packet mode.
    Malformed(Malformed),
    /// A reply is longer than its length header can express.
    ReplyTooLong {
        /// The length of the reply in bytes.
        length: usize,
        /// The greatest length in bytes that the header can express.
        longest: usize,
    },
}

/// The defect of bytes that aren't a frame of their packet mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// `cdr`: a message doesn't begin with `GIOP`.
    Magic {
        /// The first four bytes of the message.
        magic: [u8; 4],
    },
    /// `fcgi`, `tpkt`: a frame has an unknown version.
    Version {
        /// The version in the frame.
        version: u8,
        /// The only version that exists.
        expected: u8,
    },
    /// `tpkt`: the length is less than 4, although it includes the 4 bytes of the header.
    ShortLength {
        /// The length in the header.
        length: usize,
    },
    /// `asn1`: the length field has more than 4 bytes.
    LongLength {
        /// The size of the length field in bytes.
        bytes: usize,
    },
    /// `asn1`: the tag is longer than `packet_size` and longer than 64 bytes.
    LongTag {
        /// The longest allowed tag in bytes.
        longest: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Magic { magic } => write!(
                f,
                "not a cdr message: it begins with \"{}\" instead of \"GIOP\"",
                magic.escape_ascii()
            ),
            Malformed::Version { version, expected } => {
                write!(f, "the frame has version {version} instead of {expected}")
            }
            Malformed::ShortLength { length } => {
                write!(f, "tpkt length of {length} bytes is less than its header of 4 bytes")
            }
            Malformed::LongLength { bytes } => {
                write!(f, "asn1 length field of {bytes} bytes exceeds 4 bytes")
            }
            Malformed::LongTag { longest } => {
                write!(f, "asn1 tag exceeds {longest} bytes")
            }
        }
    }
}

impl From<Malformed> for FrameError {
    fn from(malformed: Malformed) -> Self {
        FrameError::Malformed(malformed)
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLong {
                length: Some(length),
                packet_size,
            } => write!(f, "frame of {length} bytes exceeds packet_size {packet_size}"),
            FrameError::TooLong {
                length: None,
                packet_size,
            } => write!(f, "line exceeds packet_size {packet_size} and has no end yet"),
            FrameError::Overflow { length } => {
                write!(
                    f,
                    "frame of {length} bytes exceeds 2147483647 bytes with its header: set packet_size"
                )
            }
            FrameError::Malformed(malformed) => malformed.fmt(f),
            FrameError::ReplyTooLong { length, longest } => {
                write!(
                    f,
                    "reply of {length} bytes exceeds the {longest} bytes that its length header can express"
                )
            }
        }
    }
}

impl StdError for FrameError {}

/// Keeps the message. The kind is [`ErrorKind::ReplyTooLong`] for a reply, and
/// [`ErrorKind::TooLong`] or [`ErrorKind::Malformed`] for a received frame.
impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        let kind = match error {
            FrameError::TooLong { .. } | FrameError::Overflow { .. } => ErrorKind::TooLong,
            FrameError::Malformed(_) => ErrorKind::Malformed,
            FrameError::ReplyTooLong { .. } => ErrorKind::ReplyTooLong,
        };
        Error::new(kind, error.to_string())
    }
}
