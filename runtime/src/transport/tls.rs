//! TLS over another transport. The handshake begins with the connection or, on a port that begins
//! in plain, when a callback starts it ([`Socket::start_tls`](crate::Socket::start_tls)).
//!
//! `config` makes a configuration of files, `set` keeps those of a server and reads them again,
//! `listener` wraps what listens.

mod accepting;
mod certificate;
pub(crate) mod config;
pub(crate) mod handle;
pub(crate) mod info;
mod listener;
mod open;
pub(crate) mod plain_text;
pub(crate) mod set;
mod sni;

use std::fmt;
use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::Accept;
use tokio_rustls::server::TlsStream;

use self::accepting::Accepting;
use self::handle::Tls;
use self::info::TlsInfo;
use self::plain_text::PlainText;
use super::addr::LocalAddr;
#[cfg(feature = "proxy")]
use super::proxy::info::ProxyInfo;
use super::{AnyTransport, Handshaken, Inherited, Sight, Transport};
use crate::options::Options;

/// The most that rustls keeps of what was written: as much as the write buffer holds.
const KEPT: usize = 64 * 1024;

/// The first byte of a TLS handshake: its records are of this type.
const HANDSHAKE: u8 = 22;

/// The most that is read and thrown away behind a handshake that failed, so that no reset eats what
/// was said of it.
const DISCARDED: usize = 64 * 1024;

/// A connection that speaks TLS, or will.
pub(crate) struct TlsTransport {
    state: State,
    /// The configuration of the moment, which a handshake takes when it begins.
    tls: Tls,
    /// The connection begins in plain.
    starttls: bool,
    discarded: usize,
}

/// The present state of a connection. Bytes of the protocol pass in `Plain` and `Open` alone.
enum State {
    /// The handshake of the inner transport.
    Inner(AnyTransport),
    /// Plain bytes pass, until the handshake is started.
    Plain(AnyTransport),
    /// The first byte is read, which says whether the peer speaks TLS at all.
    First(AnyTransport, Handshaken),
    Accepting(Accepting, Handshaken),
    /// The handshake is over.
    Opening(Accept<AnyTransport>, Handshaken),
    Open(TlsStream<AnyTransport>),
    /// The handshake failed, which the peer is told yet.
    Refused(Accepting),
    Failed(AnyTransport),
    /// Nothing is left: the transport failed after the handshake, or something panicked.
    Gone,
}

impl TlsTransport {
    pub(crate) fn new(inner: AnyTransport, tls: Tls, starttls: bool) -> Self {
        TlsTransport {
            state: State::Inner(inner),
            tls,
            starttls,
            discarded: 0,
        }
    }

    fn inner(&self) -> Option<&AnyTransport> {
        match &self.state {
            State::Inner(inner) | State::Plain(inner) | State::First(inner, _) | State::Failed(inner) => Some(inner),
            State::Accepting(accepting, _) | State::Refused(accepting) => Some(&accepting.inner),
            State::Opening(accept, _) => accept.get_ref(),
            State::Open(stream) => Some(stream.get_ref().0),
            State::Gone => None,
        }
    }

    fn inner_mut(&mut self) -> Option<&mut AnyTransport> {
        match &mut self.state {
            State::Inner(inner) | State::Plain(inner) | State::First(inner, _) | State::Failed(inner) => Some(inner),
            State::Accepting(accepting, _) | State::Refused(accepting) => Some(&mut accepting.inner),
            State::Opening(accept, _) => accept.get_mut(),
            State::Open(stream) => Some(stream.get_mut().0),
            State::Gone => None,
        }
    }

    /// Reads what nobody is to see: what comes where no bytes of the protocol pass. The end of it
    /// is the end of the input.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = [0; 512];
        while self.discarded < DISCARDED {
            let mut read = ReadBuf::new(&mut scratch);
            let Some(inner) = self.inner_mut() else { break };
            ready!(Pin::new(inner).poll_read(cx, &mut read))?;
            match read.filled().len() {
                0 => break,
                n => self.discarded += n,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Transport for TlsTransport {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        match &mut self.state {
            State::Open(stream) => open::look(stream, closely, cx),
            _ => self.inner_mut().map_or(Sight::Reset, |inner| inner.look(closely, cx)),
        }
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        self.inner().is_some_and(|inner| inner.changes_unseen(sight))
    }

    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match (&self.state, self.inner()) {
            (State::Open(stream), _) if !stream.get_ref().1.wants_read() => Poll::Ready(()),
            (_, Some(inner)) => inner.poll_read_ready(cx),
            (_, None) => Poll::Ready(()),
        }
    }

    fn keeps_bytes(&self) -> bool {
        match &self.state {
            State::Open(stream) => {
                let (inner, session) = stream.get_ref();
                session.wants_write() || inner.keeps_bytes()
            }
            State::Plain(inner) => inner.keeps_bytes(),
            _ => false,
        }
    }

    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        match &mut self.state {
            State::Open(stream) => open::poll_flush_some(stream, cx),
            State::Plain(inner) => inner.poll_flush_some(cx),
            _ => Poll::Ready(Ok(true)),
        }
    }

    fn tls(&self) -> Option<TlsInfo> {
        match &self.state {
            State::Open(stream) => Some(TlsInfo::of(stream.get_ref().1)),
            _ => None,
        }
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        self.inner()?.local_addr()
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        if let Some(inner) = self.inner() {
            inner.set_options(options, inherited);
        }
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        loop {
            let state = mem::replace(&mut self.state, State::Gone);
            let (next, done) = match state {
                State::Inner(mut inner) => match inner.poll_handshake(cx) {
                    Poll::Ready(Ok(handshaken)) if self.starttls => (State::Plain(inner), Poll::Ready(Ok(handshaken))),
                    Poll::Ready(Ok(handshaken)) => {
                        self.state = State::First(inner, handshaken);
                        continue;
                    }
                    Poll::Ready(Err(error)) => (State::Failed(inner), Poll::Ready(Err(error))),
                    Poll::Pending => (State::Inner(inner), Poll::Pending),
                },
                State::First(mut inner, handshaken) => match poll_first(&mut inner, cx) {
                    Poll::Ready(Ok(())) => match Accepting::new(inner, self.tls.config()) {
                        Ok(accepting) => {
                            self.state = State::Accepting(accepting, handshaken);
                            continue;
                        }
                        Err((error, inner)) => (State::Failed(inner), Poll::Ready(Err(error))),
                    },
                    Poll::Ready(Err(error)) => (State::Failed(inner), Poll::Ready(Err(error))),
                    Poll::Pending => (State::First(inner, handshaken), Poll::Pending),
                },
                State::Accepting(mut accepting, handshaken) => match accepting.poll(cx) {
                    Poll::Ready(Ok(())) => {
                        self.state = State::Opening(accepting.open(), handshaken);
                        continue;
                    }
                    Poll::Ready(Err(error)) => (State::Refused(accepting), Poll::Ready(Err(error))),
                    Poll::Pending => (State::Accepting(accepting, handshaken), Poll::Pending),
                },
                State::Opening(mut accept, handshaken) => match Pin::new(&mut accept).poll(cx) {
                    Poll::Ready(Ok(stream)) => (State::Open(stream), Poll::Ready(Ok(handshaken))),
                    Poll::Ready(Err(error)) => (State::Gone, Poll::Ready(Err(error))),
                    Poll::Pending => (State::Opening(accept, handshaken), Poll::Pending),
                },
                // It isn't called again.
                other => (other, Poll::Ready(Err(io::ErrorKind::NotConnected.into()))),
            };
            self.state = next;
            return done;
        }
    }

    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        self.inner()?.proxy()
    }

    fn start_tls(&mut self) -> bool {
        match mem::replace(&mut self.state, State::Gone) {
            State::Plain(inner) => {
                self.state = State::First(inner, Handshaken::default());
                true
            }
            other => {
                self.state = other;
                false
            }
        }
    }
}

/// Reads the first byte of a handshake.
fn poll_first(inner: &mut AnyTransport, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    let mut byte = [0];
    let mut read = ReadBuf::new(&mut byte);
    ready!(Pin::new(&mut *inner).poll_read(cx, &mut read))?;
    Poll::Ready(match *read.filled() {
        [HANDSHAKE] => Ok(()),
        [] => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the peer closed before the TLS handshake",
        )),
        [first, ..] => Err(PlainText::read(first, inner, cx).into()),
    })
}

impl AsyncRead for TlsTransport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Open(stream) => open::poll_read(stream, cx, buf),
            State::Plain(inner) => Pin::new(inner).poll_read(cx, buf),
            _ => self.poll_discard(cx),
        }
    }
}

impl AsyncWrite for TlsTransport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.state {
            State::Open(stream) => Pin::new(stream).poll_write(cx, buf),
            State::Plain(inner) => Pin::new(inner).poll_write(cx, buf),
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.state {
            State::Open(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            State::Plain(inner) => Pin::new(inner).poll_write_vectored(cx, pieces),
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Open(stream) => Pin::new(stream).poll_flush(cx),
            State::Plain(inner) => Pin::new(inner).poll_flush(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Says goodbye in TLS where there is TLS (`close_notify`), then as the inner transport does.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Open(stream) => return Pin::new(stream).poll_shutdown(cx),
            State::Refused(accepting) => ready!(accepting.poll_tell(cx)),
            _ => {}
        }
        match self.inner_mut() {
            Some(inner) => Pin::new(inner).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsTransport").field(&self.inner()).finish()
    }
}
