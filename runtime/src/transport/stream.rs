//! What carries the bytes of one connection.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};

use super::addr::{LocalAddr, PeerAddr};
#[cfg(feature = "proxy")]
use super::proxy::info::ProxyInfo;
use crate::options::Options;

/// What carries the bytes of one connection.
///
/// Reading, writing, flushing and shutting down the sending side are tokio's [`AsyncRead`] and
/// [`AsyncWrite`], with their contracts. Dropping it closes the connection. A read that refuses what
/// the peer sent fails with [`io::ErrorKind::InvalidData`].
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {
    /// Looks for the peer's end, without taking any of its bytes.
    ///
    /// Without `closely` bytes that may have been read already are taken for unread ones, which
    /// saves a system call. The task is woken when what was seen changes, unless
    /// [`changes_unseen`](Self::changes_unseen) says otherwise.
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight;

    /// Returns whether what [`look`](Self::look) saw may change without a wake-up.
    fn changes_unseen(&self, _: Sight) -> bool {
        false
    }

    /// Returns `Ready` when it may be worth to read; `Pending` registers the task.
    ///
    /// A connection that waits for this holds no buffer to read into.
    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Returns the address of this end, unless the system no longer knows it.
    fn local_addr(&self) -> Option<LocalAddr>;

    /// Gives the connection the socket options that it hasn't inherited from its listener. Called
    /// once, before the handshake.
    ///
    /// A connection that doesn't take them is already gone: the first read says so.
    fn set_options(&self, _: &Options, _: Inherited) {}

    /// Does what comes before the first byte of the protocol. Called until it is ready, and not
    /// again.
    ///
    /// It runs in the task that serves the connection, before `connected`, with a deadline of its
    /// own. `Pending` registers the task.
    ///
    /// # Errors
    ///
    /// The connection can't be served: it is closed, and neither `connected` nor `closed` runs.
    fn poll_handshake(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        Poll::Ready(Ok(Handshaken::default()))
    }

    /// Returns what a proxy has said of the connection, after the handshake.
    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        None
    }
}

/// What a handshake has found out.
#[derive(Debug, Default)]
pub(crate) struct Handshaken {
    /// Who the peer is, where that isn't who connected.
    pub(crate) peer_addr: Option<PeerAddr>,
}

/// What can be told of the peer while nobody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The peer is there, and the task is woken when anything comes.
    There,
    /// Bytes wait. When the end comes behind them the task is woken only where the system does
    /// that: look again.
    Unread,
    /// The peer's end has come, behind bytes or not. It may reset the connection yet, which wakes
    /// nobody: look again.
    Ended,
    Reset,
}

/// The socket options that connections have when they are accepted. Linux gives them what their
/// listener has, which saves a system call for each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inherited {
    pub(crate) nodelay: bool,
    pub(crate) keepalive: bool,
    /// The limit of unsent bytes.
    #[cfg(target_os = "linux")]
    pub(crate) unsent: bool,
}
