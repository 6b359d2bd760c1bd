//! Why a call failed, why a connection ended, why a server ended.

use std::fmt;

use crate::error::BoxError;

/// Why a connection is about to close for an error, as [`failed`](crate::TcpServer::failed) is told.
///
/// After the first three a reply from `failed` lets the connection go on; after the others it is sent and the connection
/// closes.
///
/// Where a callback fails after a receive or a raw read of its [`Socket`](crate::Socket) has failed, what that saw decides, whatever error the callback made of it:
/// it is a failure of the peer, as if the connection itself had waited for a frame, or its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A callback returned this error, or took longer than `call_timeout` ([`ErrorKind::CallTimeout`](crate::ErrorKind::CallTimeout)).
    Call(BoxError),
    /// The frame is not UTF-8, and `handle_call` takes a `&str`.
    NotUtf8,
    /// No whole frame came within `recv_timeout`, or the rest of one that had begun not within `frame_timeout`.
    Timeout,
    /// A frame exceeds `packet_size`.
    TooLong,
    /// What came is no frame of this packet mode, or the codec refused it.
    Malformed,
}

impl Failure {
    /// Whether the connection can go on after it.
    pub(crate) fn is_recoverable(&self) -> bool {
        matches!(self, Failure::Call(_) | Failure::NotUtf8 | Failure::Timeout)
    }

    /// What `closed` is told when the connection doesn't go on.
    pub(crate) fn close_reason(&self) -> CloseReason {
        match self {
            Failure::Call(_) => CloseReason::Call,
            Failure::NotUtf8 => CloseReason::NotUtf8,
            Failure::Timeout => CloseReason::Timeout,
            Failure::TooLong => CloseReason::TooLong,
            Failure::Malformed => CloseReason::Malformed,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Call(error) => write!(f, "a callback failed: {error}"),
            Failure::NotUtf8 => f.write_str("the frame is not UTF-8"),
            Failure::Timeout => f.write_str("no whole frame came in time"),
            Failure::TooLong => f.write_str("a frame exceeds packet_size"),
            Failure::Malformed => f.write_str("what came is no frame of this packet mode"),
        }
    }
}

/// Why a connection ended, as [`closed`](crate::TcpServer::closed) is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer closed, in good order; also where a callback failed for it, whatever it made of the error.
    Peer,
    /// A callback asked for it.
    Handler,
    /// A callback returned an error, or took longer than `call_timeout`.
    Call,
    /// A callback panicked.
    Panic,
    /// A frame exceeded `packet_size`.
    TooLong,
    /// What came was no frame of this packet mode.
    Malformed,
    /// A frame was not UTF-8, and `handle_call` takes a `&str`.
    NotUtf8,
    /// The peer sent no whole frame within `recv_timeout`, or none within `frame_timeout` of its first byte, or read nothing within
    /// `send_timeout`.
    Timeout,
    /// The peer reset the connection, or the network failed.
    Reset,
    /// [`Peer::close`](crate::Peer::close) or [`Server::close`](crate::Server::close) ended it.
    Kicked,
    /// The server stopped, or the acceptor that served it was killed.
    Stopped,
    /// The connection was as old as `max_age`.
    MaxAge,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CloseReason::Peer => "closed by the peer",
            CloseReason::Handler => "closed by the handler",
            CloseReason::Call => "a callback failed",
            CloseReason::Panic => "a callback panicked",
            CloseReason::TooLong => "a frame exceeds packet_size",
            CloseReason::Malformed => "malformed frame",
            CloseReason::NotUtf8 => "a frame is not UTF-8",
            CloseReason::Timeout => "timed out",
            CloseReason::Reset => "reset",
            CloseReason::Kicked => "kicked",
            CloseReason::Stopped => "the server stopped",
            CloseReason::MaxAge => "max_age was reached",
        })
    }
}

/// Why a server or a supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitReason {
    /// It was told to stop.
    Stopped,
    /// Its children were restarted more than `max_restarts` times in `restart_period`
    /// (OTP's `reached_max_restart_intensity`).
    RestartIntensity,
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExitReason::Stopped => "stopped",
            ExitReason::RestartIntensity => "the restart intensity was exceeded",
        })
    }
}
