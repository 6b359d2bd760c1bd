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
    /// A reply is longer than its length header can say.
    ReplyTooLong {
        /// How many bytes the reply is.
        length: usize,
        /// How many the header can say.
        longest: usize,
    },
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

/// Keeps the message; the kind is [`ErrorKind::TooLong`], or [`ErrorKind::ReplyTooLong`] for a reply.
impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        let kind = match error {
            FrameError::TooLong { .. } | FrameError::Overflow { .. } => ErrorKind::TooLong,
            FrameError::ReplyTooLong { .. } => ErrorKind::ReplyTooLong,
        };
        Error::new(kind, error.to_string())
    }
}
