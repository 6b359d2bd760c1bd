//! Transports of the program's own: what carries the bytes of a connection, beside those that the
//! server has.
//!
//! A [`Transport`] is a stream of bytes ([`AsyncRead`] and [`AsyncWrite`]); a [`Listener`] accepts
//! connections on such streams. [`start_on`](crate::start_on) serves what a listener accepts, or
//! [`run`](crate::run) with [`on`](crate::on), with all that a server has: limits, framing, time
//! limits, a stop without loss. The connections within a program
//! ([`Server::connect`](crate::Server::connect)) stand on these traits, too.
//!
//! # Examples
//!
//! A transport that counts the bytes of all connections:
//!
//! ```
//! use std::io;
//! use std::pin::Pin;
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
//! use std::task::{Context, Poll};
//!
//! use kai_tcp_server::transport::{Listener, Transport};
//! use kai_tcp_server::{Action, LocalAddr, PeerAddr, start_on, tcp_server};
//! use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! #[derive(Debug)]
//! struct Counted {
//!     stream: TcpStream,
//!     received: Arc<AtomicUsize>,
//! }
//!
//! impl Transport for Counted {}
//!
//! impl AsyncRead for Counted {
//!     fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
//!         let before = buf.filled().len();
//!         let read = Pin::new(&mut self.stream).poll_read(cx, buf);
//!         self.received.fetch_add(buf.filled().len() - before, Relaxed);
//!         read
//!     }
//! }
//!
//! impl AsyncWrite for Counted {
//!     fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
//!         Pin::new(&mut self.stream).poll_write(cx, bytes)
//!     }
//!
//!     fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
//!         Pin::new(&mut self.stream).poll_flush(cx)
//!     }
//!
//!     fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
//!         Pin::new(&mut self.stream).poll_shutdown(cx)
//!     }
//! }
//!
//! #[derive(Debug)]
//! struct CountedPort {
//!     listener: TcpListener,
//!     received: Arc<AtomicUsize>,
//! }
//!
//! impl Listener for CountedPort {
//!     type Transport = Counted;
//!
//!     fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Counted, PeerAddr)>> {
//!         let received = Arc::clone(&self.received);
//!         let accepted = self.listener.poll_accept(cx);
//!         accepted.map_ok(|(stream, addr)| (Counted { stream, received }, PeerAddr::from(addr)))
//!     }
//!
//!     fn local_addr(&self) -> LocalAddr {
//!         self.listener.local_addr().map_or(LocalAddr::Other("a port".into()), LocalAddr::from)
//!     }
//! }
//!
//! struct Echo;
//!
//! #[tcp_server(port = 10000, packet = line(lf))]
//! impl Echo {
//!     fn handle_call(&self, data: &[u8]) -> Action {
//!         reply(data)
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let received = Arc::new(AtomicUsize::new(0));
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let port = CountedPort { listener, received: Arc::clone(&received) };
//!     let server = start_on(Echo, port).await?;
//!
//!     let mut client = TcpStream::connect(server.local_addr()).await?;
//!     client.write_all(b"hello\n").await?;
//!     client.read_exact(&mut [0; 6]).await?;
//!     assert_eq!(received.load(Relaxed), 6);
//!     server.stop().await;
//!     Ok(())
//! }
//! ```

// A transport of the server's own is a file that implements these traits, and its lines in this
// one, which lists them. Nothing else in the crate knows which there are. What connects them:
//
// - An inherited socket (`given`, `systemd`) is an endpoint that keeps the descriptor and
//   duplicates it for each `listen`; several listeners of one server (`several`) are an
//   endpoint and a listener that own others and ask them in turn.
// - The PROXY protocol (`proxy`) is a transport that owns another one, and a listener that
//   wraps what its inner listener accepts, with a header as the handshake:
//   `Handshaken::peer_addr` replaces the peer's address, and the limits by IP address are checked
//   anew. Until then the peer is the proxy, `PeerAddr::Proxy`, which has
//   no `ip()`, so that the limits don't count it. Bytes that came behind the header are kept for
//   the first read.
// - TLS (`tls`) is the same with the handshake of TLS, and lies over the PROXY protocol where
//   a listener has both. Bytes that it has decrypted and that are not read yet make it answer
//   `Sight::Unread`; bytes that it has taken and not sent yet make it keep bytes (`keeps_bytes`).
// - Transports of the program's own are boxed and watched (`own`): one that panics or tells a wrong
//   length is given up.

pub(crate) mod addr;
pub(crate) mod given;
pub(crate) mod lingering_close;
pub(crate) mod listener;
mod memory;
mod own;
pub(crate) mod passed;
#[cfg(feature = "proxy")]
pub(crate) mod proxy;
mod several;
mod socket;
mod stream;
#[cfg(all(unix, feature = "systemd"))]
pub(crate) mod systemd;
pub(crate) mod tcp;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(feature = "tls-provider")]
pub(crate) mod tls;
#[cfg(not(feature = "tls-provider"))]
#[path = "transport/tls/absent.rs"]
pub(crate) mod tls;
#[cfg(unix)]
mod unix;
#[cfg(any(feature = "proxy", feature = "tls-provider"))]
mod wrapped;

use std::io::{self, IoSlice};
use std::net::SocketAddr;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use kai_tcp_server_spec::listen::{Address, Entry, Proxy};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use self::addr::LocalAddr;
use self::listener::Endpoint;
use self::memory::MemoryStream;
pub use self::own::Listener;
use self::own::other::OtherTransport;
use self::passed::Passed;
#[cfg(feature = "proxy")]
use self::proxy::ProxyTransport;
#[cfg(feature = "proxy")]
use self::proxy::info::ProxyInfo;
pub use self::stream::{Handshaken, Inherited, Sight, Transport};
use self::tcp::listener::TcpEndpoint;
use self::tls::set::TlsSet;
#[cfg(unix)]
use self::unix::listener::UnixEndpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::options::proxy_protocol::ProxyProtocol;

/// The list of transports.
///
/// It is an enum rather than a box, which would cost each connection an allocation and 16 bytes,
/// and save no instructions. All but TCP and memory are boxed, so that a connection by TCP is no
/// larger for them.
#[derive(Debug)]
pub(crate) enum AnyTransport {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(Box<tokio::net::UnixStream>),
    Memory(MemoryStream),
    /// The program's own.
    Other(OtherTransport),
    #[cfg(feature = "proxy")]
    Proxied(Box<ProxyTransport>),
    #[cfg(feature = "tls-provider")]
    Tls(Box<tls::TlsTransport>),
}

// With 8 bytes more an idle connection takes 83 more, as its task is aligned to 128.
const _: () = assert!(size_of::<AnyTransport>() == size_of::<TcpStream>());

/// Calls the same function on whichever transport it is.
macro_rules! each {
    ($any:expr, $transport:ident => $call:expr) => {
        match $any {
            AnyTransport::Tcp($transport) => $call,
            #[cfg(unix)]
            AnyTransport::Unix($transport) => $call,
            AnyTransport::Memory($transport) => $call,
            AnyTransport::Other($transport) => $call,
            #[cfg(feature = "proxy")]
            AnyTransport::Proxied($transport) => $call,
            #[cfg(feature = "tls-provider")]
            AnyTransport::Tls($transport) => $call,
        }
    };
}

/// Returns where a server of these options and TLS configurations listens: on what an old process
/// has passed, if that is there.
///
/// # Errors
///
/// Returns an error if a listener that is to be inherited isn't there, or if a file of TLS can't be
/// used.
pub(crate) fn endpoint(options: &Options, tls: &mut TlsSet, passed: &mut Passed) -> Result<Box<dyn Endpoint>> {
    #[cfg(test)]
    if let Some(endpoint) = testing::endpoint(options) {
        return Ok(endpoint);
    }
    if options.in_memory {
        let memory = proxied(memory::endpoint(options), options.proxy_protocol, options);
        return Ok(tls.over_memory(memory, options));
    }
    let mut endpoints = Vec::new();
    if let Some(port) = options.port {
        let port = tcp(options, SocketAddr::new(options.ip, port), passed);
        endpoints.push(over_port(port, options, tls)?);
    }
    for entry in options.listen.entries() {
        let protocol = match entry.proxy {
            Proxy::Off => ProxyProtocol::Off,
            Proxy::Optional => ProxyProtocol::Optional,
            Proxy::Required => ProxyProtocol::Required,
        };
        for base in bases(options, &entry, passed)? {
            endpoints.push(tls.over(proxied(base, protocol, options), &entry, options)?);
        }
    }
    Ok(several::together(endpoints))
}

/// Lays over the port what the options say that its connections begin with: the PROXY protocol, and
/// TLS behind it.
///
/// # Errors
///
/// Returns an error if a file of TLS can't be used.
pub(crate) fn over_port(base: Box<dyn Endpoint>, options: &Options, tls: &mut TlsSet) -> Result<Box<dyn Endpoint>> {
    tls.over_port(proxied(base, options.proxy_protocol, options), options)
}

/// Lays the PROXY protocol over what listens, where its connections begin with it.
#[cfg(feature = "proxy")]
fn proxied(base: Box<dyn Endpoint>, protocol: ProxyProtocol, options: &Options) -> Box<dyn Endpoint> {
    proxy::listener::over(base, protocol, options)
}

/// The options were checked: none begins with it.
#[cfg(not(feature = "proxy"))]
fn proxied(base: Box<dyn Endpoint>, _: ProxyProtocol, _: &Options) -> Box<dyn Endpoint> {
    base
}

fn tcp(options: &Options, addr: SocketAddr, passed: &mut Passed) -> Box<dyn Endpoint> {
    Box::new(TcpEndpoint::new(options, addr, passed))
}

/// Returns what listens at an address of `listen`, without what its words lay over it. Of systemd it
/// may be several.
fn bases(options: &Options, entry: &Entry<'static>, passed: &mut Passed) -> Result<Vec<Box<dyn Endpoint>>> {
    match entry.address {
        Address::Ip(addr) => Ok(vec![tcp(options, addr, passed)]),
        #[cfg(unix)]
        Address::Unix(address) => Ok(vec![Box::new(UnixEndpoint::new(options, address, entry, passed))]),
        #[cfg(all(unix, feature = "systemd"))]
        Address::Systemd(which) => systemd::endpoints(options, entry, which, passed),
        // The options were checked, which says it in more words.
        #[allow(unreachable_patterns)]
        _ => {
            let message = format!("{} isn't there on this system", entry.address);
            Err(Error::new(ErrorKind::Listen, message))
        }
    }
}

/// Returns the connection of a socket that has come from another process, on the runtime of the
/// caller.
///
/// # Errors
///
/// Says what it is instead.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) fn of_socket(socket: std::os::fd::OwnedFd) -> std::result::Result<AnyTransport, &'static str> {
    let socket = socket2::Socket::from(socket);
    let is_stream = socket.r#type().map_err(|_| "no socket")? == socket2::Type::STREAM;
    let domain = socket.local_addr().map_err(|_| "no socket")?.domain();
    if !is_stream || socket.peer_addr().is_err() {
        return Err("no connection");
    }
    socket.set_nonblocking(true).map_err(|_| "one that can't be watched")?;
    let watched = match domain {
        socket2::Domain::IPV4 | socket2::Domain::IPV6 => TcpStream::from_std(socket.into()).map(AnyTransport::Tcp),
        socket2::Domain::UNIX => {
            tokio::net::UnixStream::from_std(socket.into()).map(|stream| AnyTransport::Unix(Box::new(stream)))
        }
        _ => return Err("one of another family"),
    };
    watched.map_err(|_| "one that can't be watched")
}

/// Lays over a connection what a proxy has said of it in another process.
///
/// # Errors
///
/// Says what it is instead.
#[cfg(all(target_os = "linux", feature = "upgrade", feature = "proxy"))]
pub(crate) fn of_proxied(
    inner: AnyTransport,
    proxy: &proxy::carried::CarriedProxy,
    proxy_addr: self::addr::PeerAddr,
) -> std::result::Result<AnyTransport, &'static str> {
    let proxied = ProxyTransport::carried(inner, proxy, proxy_addr)?;
    Ok(AnyTransport::Proxied(Box::new(proxied)))
}

impl AnyTransport {
    /// Returns a duplicate of the socket, if the connection is nothing else, but for the header of
    /// a proxy.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn duplicate(&self) -> Option<io::Result<std::os::fd::OwnedFd>> {
        match self {
            AnyTransport::Tcp(stream) => Some(stream.as_fd().try_clone_to_owned()),
            AnyTransport::Unix(stream) => Some(stream.as_fd().try_clone_to_owned()),
            #[cfg(feature = "proxy")]
            AnyTransport::Proxied(proxied) => proxied.duplicate(),
            _ => None,
        }
    }

    fn other(transport: impl Transport) -> Self {
        AnyTransport::Other(OtherTransport::new(transport))
    }
}

impl Transport for AnyTransport {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        each!(self, transport => transport.look(closely, cx))
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        each!(self, transport => transport.changes_unseen(sight))
    }

    #[inline]
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        each!(self, transport => Transport::poll_read_ready(transport, cx))
    }

    #[inline]
    fn keeps_bytes(&self) -> bool {
        each!(self, transport => transport.keeps_bytes())
    }

    fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        each!(self, transport => transport.poll_flush_some(cx))
    }

    #[cfg(feature = "tls-provider")]
    fn tls(&self) -> Option<tls::info::TlsInfo> {
        each!(self, transport => transport.tls())
    }

    #[cfg(feature = "tls-provider")]
    fn start_tls(&mut self) -> bool {
        each!(self, transport => transport.start_tls())
    }

    #[cfg(feature = "proxy")]
    fn proxy(&self) -> Option<&ProxyInfo> {
        each!(self, transport => transport.proxy())
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        each!(self, transport => Transport::local_addr(transport))
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        each!(self, transport => transport.set_options(options, inherited));
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Handshaken>> {
        each!(self, transport => transport.poll_handshake(cx))
    }
}

impl AsyncRead for AnyTransport {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), transport => Pin::new(transport).poll_read(cx, buf))
    }
}

impl AsyncWrite for AnyTransport {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), transport => Pin::new(transport).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), transport => Pin::new(transport).poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, transport => transport.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), transport => Pin::new(transport).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), transport => Pin::new(transport).poll_shutdown(cx))
    }
}
