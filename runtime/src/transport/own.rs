//! A listener of the program's own.

mod endpoint;
pub(super) mod other;
mod wake_all;

use std::fmt;
use std::io;
use std::task::{Context, Poll};

pub(super) use self::endpoint::OwnEndpoint;
use super::AnyTransport;
use super::addr::{LocalAddr, PeerAddr};
use super::listener::Endpoint;
use super::stream::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::panics::{caught, discard};

/// The most connections that are taken to be closed when a listener is given up.
const WAITING: usize = 1024;

/// A listener that a server accepts its connections from.
///
/// [`start_on`](crate::start_on) takes one, and [`on`](crate::on) for [`run`](crate::run). All
/// cores accept from it.
///
/// At a stop the server takes the connections that have come, up to 1,024, and closes them
/// unserved, each in good order; then it drops the listener. So it does when it is suspended and
/// its port is to be released ([`SuspendedPort::Released`](crate::SuspendedPort::Released)), and it
/// can't be resumed after that. With [`SuspendedPort::Kept`](crate::SuspendedPort::Kept) the
/// listener isn't asked until the server is resumed. Also while `max_processes` are busy it isn't
/// asked, so that connections wait wherever the listener has them; it is to bound how many may.
pub trait Listener: fmt::Debug + Send + 'static {
    /// The transport that carries the bytes of its connections.
    type Transport: Transport;

    /// Accepts a connection that has come, and says who it is from. `Pending` registers the task,
    /// which may be another one than before.
    ///
    /// It doesn't wait for the peer: what needs bytes of the peer's is
    /// [`Transport::poll_handshake`]. It runs in a runtime, on the thread that is to serve the
    /// connection. It is called under a lock of the server, so it calls no method of a
    /// [`Server`](crate::Server).
    ///
    /// # Errors
    ///
    /// An error that concerns one connection (`ConnectionAborted`, `ConnectionReset`,
    /// `Interrupted`, `InvalidData` and the like) is counted and logged, and the next connection is
    /// accepted. `NotConnected` means that there will be none: the server ends with an error. After
    /// any other error, and after a panic, nothing is accepted for the time of
    /// [`accept_error_sleep_time`](crate::Options::accept_error_sleep_time).
    ///
    /// # Cancel safety
    ///
    /// It is polled once now and then. A connection that was accepted in part stays in the
    /// listener.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Transport, PeerAddr)>>;

    /// Returns where it listens. Asked once, when the server starts.
    fn local_addr(&self) -> LocalAddr;
}

/// Returns where a server listens that has this listener.
pub(super) fn endpoint<L: Listener>(listener: L) -> Result<Box<dyn Endpoint>> {
    let Ok(local_addr) = caught(|| listener.local_addr()) else {
        discard(listener);
        return Err(Error::new(ErrorKind::Listen, "the listener panicked"));
    };
    let endpoint = OwnEndpoint::new(listener, local_addr, WAITING, AnyTransport::other);
    Ok(Box::new(endpoint))
}
