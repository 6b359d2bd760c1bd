//! The handshake itself.
//!
//! `Accept` of tokio-rustls drops the transport with the handshake that fails. A close with unread
//! bytes is a reset, which eats the alert.

use std::io;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio_rustls::rustls::{ServerConfig, ServerConnection};
use tokio_rustls::{Accept, TlsAcceptor};

use super::open::{Adapter, unblocked};
use super::{HANDSHAKE, KEPT};
use crate::transport::AnyTransport;

/// A handshake after its first byte.
pub(super) struct Accepting {
    pub(super) inner: AnyTransport,
    session: ServerConnection,
    config: Arc<ServerConfig>,
    /// The transport has taken bytes since it was flushed.
    unflushed: bool,
}

impl Accepting {
    /// Begins a handshake of which `HANDSHAKE` was read.
    ///
    /// # Errors
    ///
    /// The configuration is none for a server. Gives the transport back.
    #[allow(clippy::result_large_err)] // it is moved as often if all goes well
    pub(super) fn new(inner: AnyTransport, config: Arc<ServerConfig>) -> Result<Self, (io::Error, AnyTransport)> {
        let mut session = match ServerConnection::new(Arc::clone(&config)) {
            Ok(session) => session,
            Err(error) => return Err((io::Error::other(error), inner)),
        };
        session.set_buffer_limit(Some(KEPT));
        // Memory takes one byte.
        let _ = session.read_tls(&mut &[HANDSHAKE][..]);
        Ok(Accepting {
            inner,
            session,
            config,
            unflushed: false,
        })
    }

    /// Goes on as far as the peer lets it. Is ready when all of the handshake is sent.
    ///
    /// # Errors
    ///
    /// The handshake failed. What the peer isn't told of it yet is sent by `poll_tell`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let sent = self.poll_send(cx)?;
            if sent.is_ready() && !self.session.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if !self.session.is_handshaking() || !self.session.wants_read() {
                // Only its goodbye keeps a session from reading that has nothing to send.
                return match sent {
                    Poll::Ready(()) => Poll::Ready(Err(closed())),
                    Poll::Pending => Poll::Pending,
                };
            }
            let inner = &mut self.inner;
            if ready!(unblocked(self.session.read_tls(&mut Adapter { inner, cx })))? == 0 {
                return Poll::Ready(Err(closed()));
            }
            if let Err(error) = self.session.process_new_packets() {
                // As far as it goes without waiting.
                let _ = self.poll_send(cx);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
            }
        }
    }

    /// Sends what the session has to send, and flushes it.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        let inner = &mut self.inner;
        let mut adapter = Adapter { inner, cx };
        while self.session.wants_write() {
            match unblocked(self.session.write_tls(&mut adapter)) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(_)) => self.unflushed = true,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        if self.unflushed {
            match unblocked(io::Write::flush(&mut adapter)) {
                Poll::Ready(flushed) => flushed?,
                Poll::Pending => return Ok(Poll::Pending),
            }
            self.unflushed = false;
        }
        Ok(if self.session.wants_write() {
            Poll::Pending
        } else {
            Poll::Ready(())
        })
    }

    /// Tells the peer why the handshake failed, if it still takes it.
    pub(super) fn poll_tell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_send(cx).unwrap_or(Poll::Ready(()))
    }

    /// Returns the stream, of which tokio-rustls makes none but by a handshake of its own.
    pub(super) fn open(self) -> Accept<AnyTransport> {
        let Accepting {
            inner,
            mut session,
            config,
            ..
        } = self;
        TlsAcceptor::from(config).accept_with(inner, |unused| mem::swap(unused, &mut session))
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the peer closed during the TLS handshake")
}
