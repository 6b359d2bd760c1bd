//! The errors of a client.

use std::io;

use crate::error::{Error, ErrorKind};
use crate::packet::{FrameError, Packet};

/// Nothing was sent, as the server would read it otherwise.
pub(super) fn refused(arm: &str, why: &str) -> Error {
    Error::new(ErrorKind::InvalidValue, format!("`{arm}` was not sent: {why}"))
}

/// The packet mode can't carry the frame.
pub(super) fn unframed(arm: &str, length: usize, packet: Packet, error: Option<FrameError>) -> Error {
    let why = match error {
        Some(FrameError::ReplyTooLong { longest, .. }) => {
            format!("its frame of {length} bytes exceeds the {longest} bytes that the length header can express")
        }
        Some(error) => error.to_string(),
        None => format!("under `packet = {packet}` the server would not find exactly this frame"),
    };
    refused(arm, &why)
}

/// The server closed; `left` came of a frame.
pub(super) fn closed(left: &[u8]) -> Error {
    let message = match left.len() {
        0 => "the server closed the connection".to_owned(),
        bytes => format!("the server closed the connection {bytes} bytes into a frame"),
    };
    Error::new(ErrorKind::Closed, message)
}

/// The stream failed.
pub(super) fn broken(error: &io::Error) -> Error {
    use io::ErrorKind as Io;
    let kind = match error.kind() {
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::NotConnected | Io::WriteZero => {
            ErrorKind::Reset
        }
        Io::TimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Other,
    };
    Error::new(kind, format!("the connection is broken: {error}"))
}
