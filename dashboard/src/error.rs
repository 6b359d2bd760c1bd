//! The error of a page that can't start.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The reason why a page doesn't start. Nothing listens then.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The token of [`Dashboard::controls`](crate::Dashboard::controls) is too easy to guess.
    WeakToken {
        /// The number of bytes that it has.
        length: usize,
        /// The number of bytes that it must have.
        least: usize,
    },
    /// The token has a character that a header of HTTP can't carry; visible ASCII can be.
    UnusableToken,
    /// The address isn't one of loopback, and
    /// [`Dashboard::beyond_loopback`](crate::Dashboard::beyond_loopback) doesn't say that it may
    /// be.
    NotLoopback(SocketAddr),
    /// The port can't be opened.
    Listen(SocketAddr, io::Error),
    /// The thread of the page can't be created.
    Thread(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::WeakToken { length, least } => {
                write!(
                    f,
                    "the token of the dashboard's controls has {length} bytes: it needs {least}"
                )
            }
            Error::UnusableToken => {
                f.write_str("the token of the dashboard's controls has a character that is no visible ASCII")
            }
            Error::NotLoopback(addr) => write!(
                f,
                "the dashboard would be open to other machines on {addr}: say so by `beyond_loopback`"
            ),
            Error::Listen(addr, _) => write!(f, "the dashboard can't listen on {addr}"),
            Error::Thread(_) => f.write_str("the dashboard's thread can't be created"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Listen(_, error) | Error::Thread(error) => Some(error),
            _ => None,
        }
    }
}

/// So that a `main` that returns [`kai_tcp_server::Result`] passes it on by `?`.
impl kai_tcp_server::IntoError for Error {}
