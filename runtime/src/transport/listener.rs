//! What listens for connections.
//!
//! A server has one [`Endpoint`], which opens a [`PortListener`] for each shard: one for each core, and
//! one for the refuser. The endpoint stays while the port is released, and opens it again.

use std::fmt;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;

use super::addr::{LocalAddr, PeerAddr};
use super::memory::connector::Connector;
use super::{AnyTransport, Inherited};
use crate::error::Result;

/// Where a server listens.
pub(crate) trait Endpoint: fmt::Debug + Send + Sync {
    /// Opens the port, with a listener for each of `runtimes`, which watches it there.
    ///
    /// # Errors
    ///
    /// The port can't be had; the error says why.
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>>;

    /// Returns the address, with the port that [`listen`](Self::listen) got.
    fn local_addr(&self) -> LocalAddr;

    /// Returns all addresses, where there are several.
    fn local_addrs(&self) -> Vec<LocalAddr> {
        vec![self.local_addr()]
    }

    /// Closes the endpoint for good, after all of its listeners were dropped. May be called again.
    fn close(&self) {}

    /// Returns what [`Server::connect`](crate::Server::connect) connects by, where there is no
    /// port.
    fn connector(&self) -> Option<Connector> {
        None
    }
}

/// The part of an endpoint that one shard accepts from. Each connection comes to one listener.
pub(crate) trait PortListener: fmt::Debug + Send {
    /// Accepts a connection that has come. `Pending` registers the task.
    ///
    /// It is called under a lock: it doesn't wait for the peer, and runs no code of the user's.
    ///
    /// # Errors
    ///
    /// `AcceptError` says what an error means for the next one. `NotConnected`: there will be no
    /// more.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>>;

    /// Takes no new connections from here on, and returns those that wait. Dropping the backlog
    /// closes the port.
    ///
    /// `None` if no waiting connection would be lost.
    fn into_backlog(self: Box<Self>) -> Option<Backlog>;

    /// Adds a duplicate of each socket, with the key by which a new process finds it. What isn't a
    /// socket can't be passed.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn share(&self, sockets: &mut Vec<(String, std::os::fd::OwnedFd)>) -> io::Result<()> {
        let _ = sockets;
        Ok(())
    }

    /// The port is this process's from here on. Until then it is another one's, which has passed
    /// its socket, and closing it leaves no trace.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn take_over(&self) {}

    /// Leaves the port to the process that has got a duplicate of its socket.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn give_away(self: Box<Self>) {}
}

/// The connections that wait at a port that closes.
pub(crate) struct Backlog {
    /// Accepts a connection without waiting; `WouldBlock` if none is there, `NotConnected` if there
    /// will be no more.
    pub(crate) accept: Box<dyn FnMut() -> io::Result<AnyTransport> + Send>,
    /// The most connections that may wait or be in the middle of the system's handshake.
    pub(crate) most: usize,
    /// How long after the last connection another one may arrive.
    pub(crate) settles: Duration,
}

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) transport: AnyTransport,
    pub(crate) peer_addr: PeerAddr,
    pub(crate) inherited: Inherited,
}
