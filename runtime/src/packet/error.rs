//! What can be wrong with a frame.

use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// Why a frame can't be delivered, or a reply can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// A frame that came is longer than `packet_size` allows.
    TooLong {
        /// How many bytes of it `packet_size` counts; none for a line whose end hasn't come.
        length: Option<usize>,
        /// The limit that it exceeds, in bytes.
        packet_size: usize,
    },
    /// A frame that came has, with its length header, more than the 2147483647 bytes that `gen_tcp` can count.
    Overflow {
        /// How many bytes stand behind the header.
        length: usize,
    },
    /// What came is no frame of this packet mode.
    Malformed(Malformed),
    /// A reply is longer than its length header can say.
    ReplyTooLong {
        /// How many bytes the reply is.
        length: usize,
        /// How many the header can say.
        longest: usize,
    },
}

/// What is wrong with bytes that are no frame of their packet mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// `cdr`: a message doesn't begin with `GIOP`.
    Magic {
        /// What it begins with.
        magic: [u8; 4],
    },
    /// `fcgi`, `tpkt`: a frame doesn't begin with the version that there is.
    Version {
        /// What it begins with.
        version: u8,
        /// The version that there is.
        expected: u8,
    },
    /// `tpkt`: the length, which counts the 4 bytes of the header in, is less than that.
    ShortLength {
        /// The length.
        length: usize,
    },
    /// `asn1`: the length is said in more than 4 bytes.
    LongLength {
        /// In how many.
        bytes: usize,
    },
    /// `asn1`: the tag takes more bytes than `packet_size`, and more than 64.
    LongTag {
        /// How many it can take.
        longest: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Magic { magic } => write!(
                f,
                "this is no cdr: a message begins with \"GIOP\", this one with \"{}\"",
                magic.escape_ascii()
            ),
            Malformed::Version { version, expected } => {
                write!(f, "a frame begins with the version {expected}, this one with {version}")
            }
            Malformed::ShortLength { length } => {
                write!(f, "a tpkt says a length of {length} bytes, and its header has 4")
            }
            Malformed::LongLength { bytes } => {
                write!(f, "the length of an asn1 value takes {bytes} bytes: 4 is the most")
            }
            Malformed::LongTag { longest } => {
                write!(f, "the tag of an asn1 value takes more than {longest} bytes")
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
                    "reply of {length} bytes exceeds the {longest} that its length header can say"
                )
            }
        }
    }
}

impl StdError for FrameError {}

/// Keeps the message; the kind is [`ErrorKind::TooLong`], [`ErrorKind::Malformed`], or [`ErrorKind::ReplyTooLong`] for a
/// reply.
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
