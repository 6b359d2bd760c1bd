//! The errors of a socket: converts failures of the I/O.

use std::io;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::io::{Broken, ReadError, RecvError, Saw};

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Reset => Error::new(ErrorKind::Reset, "the connection is broken"),
            Broken::Malformed => Error::new(ErrorKind::Malformed, "the transport refused what the peer sent"),
            Broken::Timeout => Error::new(ErrorKind::Timeout, "the peer read nothing within send_timeout"),
            Broken::Truncated => Error::new(
                ErrorKind::Truncated,
                "the peer closed without the goodbye of TLS: the last bytes may be missing",
            ),
            #[cfg(feature = "tls-provider")]
            Broken::Handshake => Error::new(ErrorKind::Handshake, "the TLS handshake failed"),
        }
    }
}

impl From<RecvError> for Error {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Broken(broken) => broken.into(),
            RecvError::Late(limit) => Error::new(
                ErrorKind::Timeout,
                format!("the rest of a frame didn't come within frame_timeout {limit:?}"),
            ),
            RecvError::Ended { had } => Error::new(
                ErrorKind::Closed,
                format!("the peer closed after {had} of the requested bytes"),
            ),
            RecvError::Frame(error) => error.into(),
            #[cfg(feature = "codec")]
            RecvError::Item(error) => error,
        }
    }
}

impl RecvError {
    /// Returns the failure that the handler saw, or `None` if the connection is broken anyway.
    pub(super) fn saw(&self) -> Option<Saw> {
        match self {
            RecvError::Broken(_) => None,
            RecvError::Late(_) => Some(Saw::Timeout),
            RecvError::Ended { .. } => Some(Saw::Closed),
            RecvError::Frame(error) => saw(Error::from(*error).kind()),
            #[cfg(feature = "codec")]
            RecvError::Item(error) => saw(error.kind()),
        }
    }
}

fn saw(kind: ErrorKind) -> Option<Saw> {
    match kind {
        ErrorKind::TooLong => Some(Saw::TooLong),
        ErrorKind::Malformed => Some(Saw::Malformed),
        _ => None,
    }
}

/// Returns the error for a peer that sent nothing whole in time.
pub(super) fn late(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("nothing whole came within recv_timeout {limit:?}"),
    )
}

pub(super) fn read_error(error: ReadError) -> io::Error {
    match error {
        ReadError::Broken(broken) => io_error(broken),
        ReadError::Late(limit) => {
            let message = format!("nothing came within recv_timeout {limit:?}");
            io::Error::new(io::ErrorKind::TimedOut, Error::new(ErrorKind::Timeout, message))
        }
    }
}

pub(super) fn io_error(broken: Broken) -> io::Error {
    let kind = match broken {
        Broken::Reset => io::ErrorKind::ConnectionReset,
        Broken::Malformed => io::ErrorKind::InvalidData,
        Broken::Timeout => io::ErrorKind::TimedOut,
        Broken::Truncated => io::ErrorKind::UnexpectedEof,
        #[cfg(feature = "tls-provider")]
        Broken::Handshake => io::ErrorKind::ConnectionAborted,
    };
    io::Error::new(kind, Error::from(broken))
}
