//! The PROXY protocol: a header in front of the first byte, by which a proxy says who its client
//! is.
//!
//! `proxy/header.rs` reads headers, `proxy/handshake.rs` waits for one, `proxy/watch.rs` finds one
//! where none may be, `proxy/rules.rs` decides who may send one, `proxy/listener.rs` wraps what is
//! accepted, and `proxy/info.rs` is what a header says.

#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) mod carried;
mod handshake;
pub(crate) mod header;
pub(crate) mod info;
pub(super) mod listener;
mod rules;
mod watch;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[cfg(all(target_os = "linux", feature = "upgrade"))]
use self::carried::CarriedProxy;
use self::handshake::Handshake;
use self::info::ProxyInfo;
use self::watch::Watch;
use super::addr::LocalAddr;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
use super::addr::PeerAddr;
#[cfg(feature = "tls-provider")]
use super::tls::info::TlsInfo;
use super::{AnyTransport, Handshaken, Inherited, Sight, Transport};
use crate::options::Options;

/// A connection that may begin with a header.
#[derive(Debug)]
pub(crate) struct ProxyTransport {
    inner: AnyTransport,
    phase: Phase,
    /// The bytes behind the header that weren't read yet.
    ahead: BytesMut,
    info: Option<ProxyInfo>,
}

/// The phase of a connection. State that is needed for a moment is boxed, as a connection stays for
/// long.
#[derive(Debug)]
enum Phase {
    Handshake(Box<Handshake>),
    /// Served without a header; none may come.
    Watched(Box<Watch>),
    Served,
    /// Not to be served, so it has no more input.
    Refused,
}

impl ProxyTransport {
    fn new(inner: AnyTransport, handshake: Handshake) -> Self {
        ProxyTransport {
            inner,
            phase: Phase::Handshake(Box::new(handshake)),
            ahead: BytesMut::new(),
            info: None,
        }
    }

    /// Returns a connection whose header another process has read.
    ///
    /// # Errors
    ///
    /// Says that the header isn't one that this program reads.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn carried(
        inner: AnyTransport,
        proxy: &CarriedProxy,
        proxy_addr: PeerAddr,
    ) -> std::result::Result<Self, &'static str> {
        let info = proxy
            .info(proxy_addr)
            .ok_or("one whose PROXY header isn't understood")?;
        Ok(ProxyTransport {
            inner,
            phase: Phase::Served,
            ahead: BytesMut::new(),
            info: Some(info),
        })
    }

    /// Returns a duplicate of the socket, if nothing is known of the connection but the header.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn duplicate(&self) -> Option<io::Result<std::os::fd::OwnedFd>> {
        let is_served = matches!(self.phase, Phase::Served) && self.ahead.is_empty();
        is_served.then(|| self.inner.duplicate()).flatten()
    }

    fn inner(self: Pin<&mut Self>) -> Pin<&mut AnyTransport> {
        Pin::new(&mut self.get_mut().inner)
    }
}

impl Transport for ProxyTransport {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        match self.inner.look(closely, cx) {
            Sight::There if !self.ahead.is_empty() => Sight::Unread,
            sight => sight,
        }
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        self.inner.changes_unseen(sight)
    }

    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.ahead.is_empty() {
            self.inner.poll_read_ready(cx)
        } else {
            Poll::Ready(())
        }
    }

    fn keeps_bytes(&self) -> bool {
        self.inner.keeps_bytes()
    }

    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.inner.poll_flush_some(cx)
    }

    #[cfg(feature = "tls-provider")]
    fn tls(&self) -> Option<TlsInfo> {
        self.inner.tls()
    }

    #[cfg(feature = "tls-provider")]
    fn start_tls(&mut self) -> bool {
        self.inner.start_tls()
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        self.inner.local_addr()
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        self.inner.set_options(options, inherited);
        if let Phase::Handshake(handshake) = &self.phase {
            handshake.set_options(options);
        }
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        let Phase::Handshake(handshake) = &mut self.phase else {
            return Poll::Ready(Ok(Handshaken::default()));
        };
        let done = ready!(handshake.poll(&mut self.inner, cx)).inspect_err(|_| self.phase = Phase::Refused)?;
        self.phase = done.watch.map_or(Phase::Served, Phase::Watched);
        self.ahead = done.ahead;
        self.info = done.info;
        Poll::Ready(Ok(Handshaken {
            peer_addr: done.peer_addr,
        }))
    }

    fn proxy(&self) -> Option<&ProxyInfo> {
        self.info.as_ref()
    }
}

impl AsyncRead for ProxyTransport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            let n = this.ahead.len().min(buf.remaining());
            buf.put_slice(&this.ahead[..n]);
            this.ahead.advance(n);
            if this.ahead.is_empty() {
                this.ahead = BytesMut::new();
            }
            return Poll::Ready(Ok(()));
        }
        match &mut this.phase {
            Phase::Served | Phase::Handshake(_) => Pin::new(&mut this.inner).poll_read(cx, buf),
            Phase::Refused => Poll::Ready(Ok(())),
            Phase::Watched(watch) => {
                let before = buf.filled().len();
                ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
                match watch.see(&buf.filled()[before..]) {
                    Ok(true) => {}
                    Ok(false) => this.phase = Phase::Served,
                    Err(refused) => {
                        buf.set_filled(before);
                        this.phase = Phase::Refused;
                        return Poll::Ready(Err(refused));
                    }
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for ProxyTransport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
