//! The reasons for which a call failed, a connection ended or a server ended.

use std::fmt;

use crate::error::BoxError;

/// The reason for which a connection is about to close, as passed to the `failed` callback
/// ([`failed`](crate::TcpServer::failed)).
///
/// After some failures a reply from `failed` lets the connection continue; after the others the
/// reply is sent and the connection closes. Each variant says which.
///
/// If a receive or a raw read of the [`Socket`](crate::Socket) fails, and then its callback fails
/// too, the failed receive decides, whatever error the callback returns. The connection is treated
/// as if it had waited for a frame itself: it ends with the failure of the peer, or with the end of
/// the input.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A callback returned this error, or took longer than `call_timeout`
    /// ([`ErrorKind::CallTimeout`](crate::ErrorKind::CallTimeout)). A reply lets the connection
    /// continue.
    Call(BoxError),
    /// The frame isn't UTF-8, and `handle_call` takes a `&str`. A reply lets the connection
    /// continue.
    NotUtf8,
    /// No whole frame arrived within `recv_timeout`, or the rest of a frame didn't arrive within
    /// `frame_timeout`. A reply lets the connection continue.
    Timeout,
    /// A frame exceeds `packet_size`. The connection closes.
    TooLong,
    /// The received bytes aren't a frame of this packet mode, or the codec rejected them. The
    /// connection closes.
    Malformed,
}

impl Failure {
    /// Returns whether the connection can continue after the failure.
    pub(crate) fn is_recoverable(&self) -> bool {
        matches!(self, Failure::Call(_) | Failure::NotUtf8 | Failure::Timeout)
    }

    /// Returns the reason for the `closed` callback if the connection doesn't continue.
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
            Failure::Malformed => f.write_str("the received bytes are not a frame of this packet mode"),
        }
    }
}

/// The reason for which a connection ended, as passed to the `closed` callback
/// ([`closed`](crate::TcpServer::closed)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer closed the connection cleanly. This is also the reason if a callback failed because
    /// of that, whatever error it returned.
    Peer,
    /// A callback closed the connection.
    Handler,
    /// A callback returned an error, or took longer than `call_timeout`.
    Call,
    /// A callback panicked.
    Panic,
    /// A frame exceeded `packet_size`.
    TooLong,
    /// The received bytes weren't a frame of this packet mode, or the transport refused them: a
    /// header of the PROXY protocol from who isn't trusted, or what is no record of TLS.
    Malformed,
    /// A frame wasn't UTF-8, and `handle_call` takes a `&str`.
    NotUtf8,
    /// The peer sent no whole frame within `recv_timeout`, or within `frame_timeout` of its first
    /// byte, or read nothing within `send_timeout`.
    Timeout,
    /// The peer reset the connection, or the network failed.
    Reset,
    /// [`Peer::close`](crate::Peer::close) or [`Server::close`](crate::Server::close) closed the
    /// connection.
    Kicked,
    /// The server stopped, or the acceptor that served the connection was killed.
    Stopped,
    /// The connection reached the age `max_age`.
    MaxAge,
    /// The input ended without the goodbye of TLS (`close_notify`), so its last bytes may be
    /// missing. Replies were still sent.
    Truncated,
    /// The handshake of its transport failed, took too long, or told a peer that `max_per_ip`,
    /// `allow` or `deny` keep out. If the connection began with it, only log lines and figures say
    /// so, as the server wasn't told of the connection.
    Handshake,
    /// A new version of the program has taken the connection over; it goes on there.
    HandedOver,
}

impl CloseReason {
    /// All reasons, in the order of the enum.
    pub(crate) const ALL: [CloseReason; 15] = [
        CloseReason::Peer,
        CloseReason::Handler,
        CloseReason::Call,
        CloseReason::Panic,
        CloseReason::TooLong,
        CloseReason::Malformed,
        CloseReason::NotUtf8,
        CloseReason::Timeout,
        CloseReason::Reset,
        CloseReason::Kicked,
        CloseReason::Stopped,
        CloseReason::MaxAge,
        CloseReason::Truncated,
        CloseReason::Handshake,
        CloseReason::HandedOver,
    ];
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
            CloseReason::Truncated => "the input ended without the goodbye of TLS",
            CloseReason::Handshake => "the handshake failed",
            CloseReason::HandedOver => "handed over to a new process",
        })
    }
}

/// The reason for which a server or a supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitReason {
    /// It was told to stop.
    Stopped,
    /// Its children were restarted more than `max_restarts` times within `restart_period` (OTP's
    /// `reached_max_restart_intensity`).
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
