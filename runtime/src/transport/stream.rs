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
/// [`AsyncWrite`], with their contracts. Dropping it closes the connection. All else has a default,
/// which suits a transport that knows no more; one that wraps another passes these calls on, as far
/// as it doesn't know better.
///
/// One task at a time uses it, but not always the same one: `Pending` registers the waker of the
/// last call. A transport that panics isn't used again, and ends its own connection only.
///
/// # Errors
///
/// After an error of a read or of a write the connection closes, as if its peer had reset it
/// ([`CloseReason::Reset`](crate::CloseReason::Reset)). `WouldBlock` is an error like others. A
/// read that refuses what the peer sent fails with [`io::ErrorKind::InvalidData`]
/// ([`CloseReason::Malformed`](crate::CloseReason::Malformed)); one that meets the end where more
/// should have come, with [`io::ErrorKind::UnexpectedEof`]
/// ([`CloseReason::Truncated`](crate::CloseReason::Truncated)), and replies are still sent then.
///
/// # Cancel safety
///
/// The server drops the future that polls a transport whenever something else is due, and calls
/// again later. So a call that returns `Pending` loses no bytes, and what is half done stays in the
/// transport.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug + 'static {
    /// Does what comes before the first byte of the protocol. Called until it is ready, and not
    /// again.
    ///
    /// It runs in the task that serves the connection, before `connected`, so it holds up no other
    /// connection. It has a time limit of its own.
    ///
    /// # Errors
    ///
    /// The connection can't be served: it is closed, and neither `connected` nor `closed` runs. The
    /// log tells the error at the level `debug`.
    fn poll_handshake(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        Poll::Ready(Ok(Handshaken::default()))
    }

    /// Returns `Ready` when it may be worth to read; `Pending` registers the task.
    ///
    /// A connection that waits for this holds no buffer to read into. By default it is `Ready`, and
    /// an idle connection holds a buffer.
    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Looks for the peer's end, without taking any of its bytes. By this a call that waits learns
    /// that its peer has left.
    ///
    /// Without `closely` bytes that may have been read already are taken for unread ones, which
    /// saves a system call. The task is woken when what was seen changes, unless
    /// [`changes_unseen`](Self::changes_unseen) says otherwise.
    ///
    /// By default nothing is seen: the peer is there until a read or a write says otherwise.
    fn look(&mut self, _closely: bool, _: &mut Context<'_>) -> Sight {
        Sight::There
    }

    /// Returns whether what [`look`](Self::look) saw may change without a wake-up. It is looked at
    /// once a second then.
    fn changes_unseen(&self, _: Sight) -> bool {
        false
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
    #[doc(hidden)]
    fn start_tls(&mut self) -> bool {
        false
    }

    /// Returns what a proxy has said of the connection, after the handshake.
    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        None
    }

    /// Returns the address of this end, unless it isn't known.
    fn local_addr(&self) -> Option<LocalAddr> {
        None
    }

    /// Gives the connection the socket options that it hasn't inherited from its listener. Called
    /// once, before the handshake.
    ///
    /// A connection that doesn't take them is already gone: the first read says so.
    fn set_options(&self, _: &Options, _: Inherited) {}
}

/// Passes all on, so that a `Box<dyn Transport>` is a transport.
impl<T: Transport + ?Sized> Transport for Box<T> {
    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        (**self).poll_handshake(cx)
    }

    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        (**self).poll_read_ready(cx)
    }

    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        (**self).look(closely, cx)
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        (**self).changes_unseen(sight)
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

    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        (**self).proxy()
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        (**self).local_addr()
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        (**self).set_options(options, inherited);
    }
}

/// What a handshake has found out.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::PeerAddr;
/// use kai_tcp_server::transport::Handshaken;
/// use std::net::SocketAddr;
///
/// // Nothing but that the connection can be served.
/// let handshaken = Handshaken::default();
/// // A header has told who the peer is.
/// let behind_the_proxy = SocketAddr::from(([192, 0, 2, 1], 49152));
/// let handshaken = Handshaken::default().peer_addr(PeerAddr::from(behind_the_proxy));
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Handshaken {
    pub(crate) peer_addr: Option<PeerAddr>,
}

impl Handshaken {
    /// Sets who the peer is, where that isn't who connected. The limits by address apply to this
    /// one from here on.
    #[must_use]
    pub fn peer_addr(mut self, peer_addr: PeerAddr) -> Self {
        self.peer_addr = Some(peer_addr);
        self
    }
}

/// What can be told of the peer while nobody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sight {
    /// The peer is there, and the task is woken when anything comes; or nothing can be seen.
    There,
    /// Bytes wait. When the end comes behind them the task is woken only where the system does
    /// that: look again.
    Unread,
    /// The peer's end has come, behind bytes or not. It may reset the connection yet, which wakes
    /// nobody: look again.
    Ended,
    /// The connection is broken.
    Reset,
    /// The bytes that have come can't be used, as a read of them will say: see
    /// [`io::ErrorKind::InvalidData`] of [`Transport`].
    Malformed,
}

/// The socket options that connections have when they are accepted.
///
/// Linux gives them what their listener has, which saves a system call for each. A transport that
/// wraps another passes it on with [`set_options`](Transport::set_options).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Inherited {
    pub(crate) nodelay: bool,
    pub(crate) keepalive: bool,
    /// The limit of unsent bytes.
    #[cfg(target_os = "linux")]
    pub(crate) unsent: bool,
}
