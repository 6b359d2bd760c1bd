//! What listens for connections.
//!
//! A server has one [`Endpoint`], which opens a [`Listener`] for each place where connections are waited for: one for each core,
//! and one where they are refused. The endpoint stays while the port is released, and opens it again.

use std::fmt;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;

use super::addr::{LocalAddr, PeerAddr};
use super::memory::queue::Connector;
use super::{AnyTransport, Inherited};
use crate::error::Result;

/// Where a server listens.
pub(crate) trait Endpoint: fmt::Debug + Send + Sync {
    /// Opens the port, with a listener for each of `runtimes`, which watches it there.
    ///
    /// # Errors
    ///
    /// The port can't be had; the error says why.
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn Listener>>>;

    /// Returns the address, with the port that [`listen`](Self::listen) got.
    fn local_addr(&self) -> LocalAddr;

    /// Ends it for good, after all of its listeners were dropped. May be called again.
    fn close(&self) {}

    /// Returns what [`Server::connect`](crate::Server::connect) connects by, where there is no port.
    fn connector(&self) -> Option<Connector> {
        None
    }
}

/// A port, as one of the places sees it where connections are waited for. Each connection comes to one of them.
pub(crate) trait Listener: fmt::Debug + Send {
    /// Accepts a connection that has come. `Pending` registers the task.
    ///
    /// Takes one system call at most, waits for nothing of the peer, and runs no code of a user's: it is called under a lock.
    ///
    /// # Errors
    ///
    /// `AcceptError` says what an error means for the next one. `NotConnected`: there will be no more.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>>;

    /// Takes no new connections from here on, and gives those that wait to be accepted. Dropping it closes the port.
    ///
    /// None where nobody waits who would be lost.
    fn into_backlog(self: Box<Self>) -> Option<Backlog>;
}

/// Those who wait at a port that closes.
pub(crate) struct Backlog {
    /// Accepts one, without waiting: `WouldBlock` when nobody is there.
    pub(crate) accept: Box<dyn FnMut() -> io::Result<AnyTransport> + Send>,
    /// How many may wait, or be on their way.
    pub(crate) most: usize,
    /// How long after the last one another one may come that was on its way.
    pub(crate) settles: Duration,
}

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) transport: AnyTransport,
    pub(crate) peer_addr: PeerAddr,
    pub(crate) inherited: Inherited,
}
