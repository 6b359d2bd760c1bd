//! A transport of the program's own, as the server uses it.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::options::Options;
use crate::panics::{caught, discard, fails_once};
use crate::transport::addr::LocalAddr;
#[cfg(feature = "proxy")]
use crate::transport::proxy::info::ProxyInfo;
#[cfg(feature = "tls-provider")]
use crate::transport::tls::info::TlsInfo;
use crate::transport::{Handshaken, Inherited, Sight, Transport};

/// A transport that holds to the contract whatever the program's own one does: one that has
/// panicked is gone, and lengths are what was asked for.
#[derive(Debug)]
pub(crate) struct OtherTransport(Box<dyn Transport>);

impl OtherTransport {
    pub(in crate::transport) fn new(transport: impl Transport) -> Self {
        OtherTransport(Box::new(transport))
    }

    /// Calls the transport. If it panics it isn't called again.
    fn call<T>(&mut self, call: impl FnOnce(&mut Box<dyn Transport>) -> T) -> T {
        fails_once(self, |this| call(&mut this.0), OtherTransport::give_up)
    }

    fn give_up(&mut self) {
        let gone = mem::replace(&mut self.0, Box::new(Gone));
        discard(gone);
    }
}

impl Drop for OtherTransport {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Transport for OtherTransport {
    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        self.call(|transport| transport.poll_handshake(cx))
    }

    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_read_ready(cx)
    }

    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        self.call(|transport| transport.look(closely, cx))
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        self.0.changes_unseen(sight)
    }

    fn keeps_bytes(&self) -> bool {
        self.0.keeps_bytes()
    }

    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.call(|transport| transport.poll_flush_some(cx))
    }

    #[cfg(feature = "tls-provider")]
    fn tls(&self) -> Option<TlsInfo> {
        self.0.tls()
    }

    #[cfg(feature = "tls-provider")]
    fn start_tls(&mut self) -> bool {
        self.call(Transport::start_tls)
    }

    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        self.0.proxy()
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        self.0.local_addr()
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        // Nothing around it catches a panic.
        let _ = caught(|| self.0.set_options(options, inherited));
    }
}

/// Returns an error for a length beyond what there was.
fn bounded(n: usize, most: usize) -> io::Result<usize> {
    if n <= most {
        Ok(n)
    } else {
        Err(io::Error::other("the transport told a wrong length"))
    }
}

impl AsyncRead for OtherTransport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        self.call(|transport| {
            Pin::new(transport)
                .poll_read(cx, buf)
                .map(|read| read.and_then(|()| bounded(before, buf.filled().len()).map(drop)))
        })
    }
}

impl AsyncWrite for OtherTransport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.call(|transport| {
            Pin::new(transport)
                .poll_write(cx, bytes)
                .map(|written| bounded(written?, bytes.len()))
        })
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let most = pieces.iter().map(|piece| piece.len()).sum();
        self.call(|transport| {
            Pin::new(transport)
                .poll_write_vectored(cx, pieces)
                .map(|written| bounded(written?, most))
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call(|transport| Pin::new(transport).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call(|transport| Pin::new(transport).poll_shutdown(cx))
    }
}

/// The remains of a transport that has panicked: a connection that is broken.
#[derive(Debug)]
struct Gone;

fn gone<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl Transport for Gone {
    fn poll_handshake(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        gone()
    }

    fn look(&mut self, _: bool, _: &mut Context<'_>) -> Sight {
        Sight::Reset
    }
}

impl AsyncRead for Gone {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        gone()
    }
}

impl AsyncWrite for Gone {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        gone()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        gone()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        gone()
    }
}
