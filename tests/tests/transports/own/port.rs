//! A transport and a listener as a program may write them, which a test makes go wrong.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use kai_tcp_server::transport::{Handshaken, Inherited, Listener, Sight, Transport};
use kai_tcp_server::{LocalAddr, Options, PeerAddr};
use kai_tcp_server_tests::Client;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// The points at which a test steps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Options,
    Handshake,
    ReadReady,
    Look,
    Read,
    Write,
    Flush,
    FlushSome,
    Shutdown,
    Drop,
}

/// The action of a test at such a point: nothing, an error, a panic.
pub(super) type Step = fn(At) -> io::Result<()>;

/// The most that a transport keeps.
const KEPT: usize = 4096;

/// A transport over a pipe.
#[derive(Debug)]
pub(super) struct Duct {
    pub(super) stream: DuplexStream,
    pub(super) step: Step,
    /// The address of the peer, as its handshake tells it.
    pub(super) tells: Option<PeerAddr>,
    /// The bytes that were written and wait to be flushed, if it keeps bytes.
    pub(super) kept: Option<Vec<u8>>,
    /// Its flush says that it goes on, and sends nothing.
    pub(super) stuck: bool,
    /// The number of bytes that it claims to have written beyond those that it wrote. It
    /// takes back what it has read.
    pub(super) lies: usize,
    /// True if its view of its peer may change without a wake-up.
    pub(super) unseen: bool,
}

impl Duct {
    /// Returns a transport that does as it should, and a client at its other end.
    pub(super) fn new() -> (Self, Client<DuplexStream>) {
        let (stream, client) = duplex(1024);
        let duct = Duct {
            stream,
            step: |_| Ok(()),
            tells: None,
            kept: None,
            stuck: false,
            lies: 0,
            unseen: false,
        };
        (duct, Client::over(client))
    }
}

impl Transport for Duct {
    fn poll_handshake(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        (self.step)(At::Handshake)?;
        let handshaken = Handshaken::default();
        Poll::Ready(Ok(match self.tells.take() {
            Some(peer_addr) => handshaken.peer_addr(peer_addr),
            None => handshaken,
        }))
    }

    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<()> {
        let _ = (self.step)(At::ReadReady);
        Poll::Ready(())
    }

    fn look(&mut self, _: bool, _: &mut Context<'_>) -> Sight {
        match (self.step)(At::Look) {
            Ok(()) => Sight::There,
            Err(_) => Sight::Reset,
        }
    }

    fn changes_unseen(&self, _: Sight) -> bool {
        self.unseen
    }

    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        (self.step)(At::FlushSome)?;
        if self.stuck {
            return Poll::Ready(Ok(false));
        }
        Pin::new(self).poll_flush(cx).map_ok(|()| true)
    }

    fn keeps_bytes(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| !kept.is_empty())
    }

    fn set_options(&self, _: &Options, _: Inherited) {
        let _ = (self.step)(At::Options);
    }
}

impl AsyncRead for Duct {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        (self.step)(At::Read)?;
        if self.lies > 0 && !buf.filled().is_empty() {
            buf.clear();
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Duct {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        (self.step)(At::Write)?;
        if let Some(kept) = &mut self.kept {
            if kept.len() >= KEPT {
                ready!(self.as_mut().poll_flush(cx))?;
            }
            let kept = self.kept.get_or_insert_default();
            let n = bytes.len().min(KEPT - kept.len());
            kept.extend_from_slice(&bytes[..n]);
            return Poll::Ready(Ok(n));
        }
        let lies = self.lies;
        Pin::new(&mut self.stream).poll_write(cx, bytes).map_ok(|n| n + lies)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (self.step)(At::Flush)?;
        let Duct { stream, kept, .. } = &mut *self;
        while let Some(kept) = kept.as_mut().filter(|kept| !kept.is_empty()) {
            let n = ready!(Pin::new(&mut *stream).poll_write(cx, kept))?;
            kept.drain(..n);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (self.step)(At::Shutdown)?;
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Duct {
    fn drop(&mut self) {
        let _ = (self.step)(At::Drop);
    }
}

/// The listener's next answer: a connection, an error, a panic.
pub(super) type Answer = Box<dyn FnOnce() -> io::Result<Duct> + Send>;

/// Accepts what the test sends.
#[derive(Debug)]
pub(super) struct Port(UnboundedReceiver<Boxed>);

struct Boxed(Answer);

impl std::fmt::Debug for Boxed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an answer")
    }
}

impl Listener for Port {
    type Transport = Duct;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Duct, PeerAddr)>> {
        self.0.poll_recv(cx).map(|answer| {
            let Boxed(answer) = answer.ok_or(io::ErrorKind::NotConnected)?;
            Ok((answer()?, PeerAddr::Other("somebody\n".into())))
        })
    }

    fn local_addr(&self) -> LocalAddr {
        LocalAddr::Other("a test\n".into())
    }
}

/// The clients that connect to a port.
pub(super) struct Clients(UnboundedSender<Boxed>);

impl Clients {
    pub(super) fn new() -> (Port, Self) {
        let (clients, port) = unbounded_channel();
        (Port(port), Clients(clients))
    }

    pub(super) fn answer(&self, answer: impl FnOnce() -> io::Result<Duct> + Send + 'static) {
        self.0.send(Boxed(Box::new(answer))).expect("the server listens");
    }

    pub(super) fn connect_by(&self, change: impl FnOnce(&mut Duct)) -> Client<DuplexStream> {
        let (mut duct, client) = Duct::new();
        change(&mut duct);
        self.answer(|| Ok(duct));
        client
    }

    pub(super) fn connect(&self) -> Client<DuplexStream> {
        self.connect_by(|_| {})
    }

    /// Waits until the listener is dropped.
    pub(super) async fn are_given_up(&self) {
        let given_up = timeout(Duration::from_secs(20), self.0.closed()).await;
        given_up.expect("the server drops its listener");
    }

    pub(super) fn are_heard(&self) -> bool {
        !self.0.is_closed()
    }
}
