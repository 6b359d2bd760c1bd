//! A transport for unit tests: a stream over a stream, whose handshake is a byte that the client
//! chooses.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::AnyTransport;
use super::addr::{LocalAddr, PeerAddr};
use super::listener::Endpoint;
use super::memory::queue::InMemoryQueue;
use super::memory::{self, MemoryStream};
use super::own::Listener;
use super::{Handshaken, Inherited, Sight, Transport};
use crate::options::Options;

/// The handshake succeeds.
pub(crate) const GOES_ON: u8 = b'+';
/// It fails.
pub(crate) const FAILS: u8 = b'-';
/// It panics.
pub(crate) const PANICS: u8 = b'!';
/// It succeeds, and tells who the peer is: [`CLIENT`].
pub(crate) const TELLS: u8 = b'p';

/// Who connects by a proxy.
pub(crate) const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 1], 49152);

thread_local! {
    static HAVE_HANDSHAKES: Cell<bool> = const { Cell::new(false) };
}

/// From here on the connections of servers that this thread starts have handshakes.
pub(crate) fn have_handshakes() {
    HAVE_HANDSHAKES.set(true);
}

pub(super) fn endpoint(options: &Options) -> Option<Box<dyn Endpoint>> {
    let endpoint = || memory::endpoint_of(options, TestListener, AnyTransport::other);
    HAVE_HANDSHAKES.get().then(endpoint)
}

#[derive(Debug)]
struct TestListener(InMemoryQueue);

impl Listener for TestListener {
    type Transport = TestTransport;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TestTransport, PeerAddr)>> {
        self.0
            .poll_accept(cx)
            .map_ok(|(stream, peer_addr)| (TestTransport(stream), peer_addr))
    }

    fn local_addr(&self) -> LocalAddr {
        self.0.local_addr()
    }
}

#[derive(Debug)]
struct TestTransport(MemoryStream);

impl TestTransport {
    fn inner(self: Pin<&mut Self>) -> Pin<&mut MemoryStream> {
        Pin::new(&mut self.get_mut().0)
    }
}

impl Transport for TestTransport {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        self.0.look(closely, cx)
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        self.0.local_addr()
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        self.0.set_options(options, inherited);
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        let mut byte = [0];
        let mut read = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut read))?;
        Poll::Ready(match read.filled() {
            [GOES_ON] => Ok(Handshaken::default()),
            [TELLS] => Ok(Handshaken {
                peer_addr: Some(PeerAddr::Ip(CLIENT.into())),
            }),
            [PANICS] => panic!("a handshake of a test's"),
            [] => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Err(io::Error::other("the client is\nstrange")),
        })
    }
}

impl AsyncRead for TestTransport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_read(cx, buf)
    }
}

impl AsyncWrite for TestTransport {
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }
}
