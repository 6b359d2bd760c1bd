//! What carries the bytes of one connection.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};

use super::addr::{LocalAddr, PeerAddr};
#[cfg(feature = "proxy")]
use super::proxy::info::ProxyInfo;
#[cfg(feature = "tls-provider")]
use super::tls::info::TlsInfo;
use crate::options::Options;

/// What carries the bytes of one connection.
///
/// Reading, writing, flushing and shutting down the sending side are tokio's [`AsyncRead`] and
/// [`AsyncWrite`], with their contracts. Dropping it closes the connection. A read that refuses what
/// the peer sent fails with [`io::ErrorKind::InvalidData`], one that meets the end where more should
/// have come with [`io::ErrorKind::UnexpectedEof`].
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

    /// Returns whether bytes that it has taken may wait in it until it is flushed, as those of an
    /// encryption or a compression do.
    ///
    /// It is asked after each write. The server flushes such a transport when it has nothing more
    /// to write, and before it waits. How much waits is to be bounded: beyond that a write is
    /// `Pending`.
    #[inline]
    fn keeps_bytes(&self) -> bool {
        false
    }

    /// Sends some of the bytes that wait in it; returns whether those were all. It is `Ready`
    /// whenever some went out, so that `send_timeout` begins anew.
    ///
    /// By default it flushes, and a slow peer must have taken all within `send_timeout`.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        Pin::new(self).poll_flush(cx).map_ok(|()| true)
    }

    /// Returns what TLS says of the connection, if it speaks TLS.
    #[cfg(feature = "tls-provider")]
    fn tls(&self) -> Option<TlsInfo> {
        None
    }

    /// Begins a TLS handshake in the middle of a connection, which
    /// [`poll_handshake`](Self::poll_handshake) continues. Returns `false` if there can be none.
    #[cfg(feature = "tls-provider")]
    fn start_tls(&mut self) -> bool {
        false
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

/// Passes all on, so that a box of a transport is a transport.
impl<T: Transport + ?Sized> Transport for Box<T> {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        (**self).look(closely, cx)
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        (**self).changes_unseen(sight)
    }

    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        (**self).poll_read_ready(cx)
    }

    fn keeps_bytes(&self) -> bool {
        (**self).keeps_bytes()
    }

    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        (**self).poll_flush_some(cx)
    }

    #[cfg(feature = "tls-provider")]
    fn tls(&self) -> Option<TlsInfo> {
        (**self).tls()
    }

    #[cfg(feature = "tls-provider")]
    fn start_tls(&mut self) -> bool {
        (**self).start_tls()
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        (**self).local_addr()
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        (**self).set_options(options, inherited);
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        (**self).poll_handshake(cx)
    }

    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        (**self).proxy()
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
