//! Where connections come from: a port, or tests without one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::accept_error::AcceptError;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::options::reload::Live;
use crate::rate::Rate;
use crate::shortage::Shortage;
use crate::transport::{NO_ADDR, Transport};

#[derive(Debug)]
pub(crate) struct Listener {
    source: Source,
    live: Arc<Live>,
    shortage: Shortage,
    /// None without a limit.
    rate: Option<Rate>,
    backlog: u32,
}

#[derive(Debug)]
enum Source {
    Tcp(TcpListener),
    Memory(mpsc::Receiver<DuplexStream>),
}

impl Listener {
    /// Opens the port.
    pub(crate) fn bind(options: &Options, live: Arc<Live>) -> Result<(Listener, SocketAddr)> {
        let addr = SocketAddr::new(options.ip, options.port.unwrap_or_default());
        let (listener, local_addr) = open(addr, options.reuseaddr, options.backlog)?;
        Ok((Listener::new(Source::Tcp(listener), options, live), local_addr))
    }

    /// Takes connections from the sender that comes with it.
    pub(crate) fn in_memory(options: &Options, live: Arc<Live>) -> (Listener, mpsc::Sender<DuplexStream>) {
        let (sender, receiver) = mpsc::channel(usize::try_from(options.backlog).unwrap_or(1).min(1024));
        (Listener::new(Source::Memory(receiver), options, live), sender)
    }

    fn new(source: Source, options: &Options, live: Arc<Live>) -> Self {
        Listener {
            source,
            live,
            shortage: Shortage::default(),
            rate: options.accept_rate.map(Rate::new),
            backlog: options.backlog,
        }
    }

    /// Whether there is a port that can be closed and opened again.
    pub(crate) fn has_port(&self) -> bool {
        matches!(self.source, Source::Tcp(_))
    }

    /// The port without tokio, which asks the kernel only when it was told that somebody waits; and how many may wait.
    pub(crate) fn into_port(self) -> Option<(std::net::TcpListener, usize)> {
        match self.source {
            Source::Tcp(listener) => Some((listener.into_std().ok()?, self.backlog as usize + 1)),
            Source::Memory(_) => None,
        }
    }

    /// Somebody who waits for a server without a port.
    pub(crate) fn waiting_in_memory(&mut self) -> Option<Transport> {
        match &mut self.source {
            Source::Tcp(_) => None,
            Source::Memory(connections) => connections.try_recv().ok().map(Transport::Memory),
        }
    }

    /// Ready unless accepting pauses for want of resources.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        self.shortage.poll_over(cx, server)
    }

    /// Ready when one more may be let in.
    pub(crate) fn poll_rate(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.rate.as_mut().map_or(Poll::Ready(()), |rate| rate.poll_ready(cx))
    }

    /// One accept(2), and nothing that could call anybody.
    pub(crate) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Transport, SocketAddr)>> {
        match &mut self.source {
            Source::Tcp(listener) => {
                let accepted = listener.poll_accept(cx);
                accepted.map_ok(|(stream, addr)| (Transport::Tcp(stream), addr))
            }
            Source::Memory(connections) => {
                let received = connections
                    .poll_recv(cx)
                    .map(|stream| stream.ok_or(io::ErrorKind::NotConnected));
                received.map(|stream| Ok((Transport::Memory(stream?), NO_ADDR)))
            }
        }
    }

    /// One that was accepted is let in.
    pub(crate) fn admitted(&mut self, transport: &Transport) {
        if let Transport::Tcp(stream) = transport {
            let options = self.live.get();
            set_up(stream, options.nodelay, options.keepalive);
        }
        self.rate.iter_mut().for_each(Rate::take);
    }

    /// An accept failed: what concerns one connection is passed over, and want of resources is waited out.
    ///
    /// # Errors
    ///
    /// The listener is lost.
    pub(crate) fn failed(&mut self, error: io::Error, server: &str) -> io::Result<()> {
        match AcceptError::of(&error) {
            AcceptError::Retry => Ok(()),
            AcceptError::Lost => Err(error),
            AcceptError::Pause => {
                self.shortage
                    .failed(&error, self.live.get().accept_error_sleep_time, server);
                Ok(())
            }
        }
    }
}

/// How many unsent bytes the kernel takes before it says that it is full.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// A connection that doesn't take its options is already gone: the first read will say so.
fn set_up(stream: &TcpStream, nodelay: bool, keepalive: bool) {
    let socket = SockRef::from(stream);
    if nodelay {
        let _ = socket.set_tcp_nodelay(true);
    }
    if keepalive {
        let _ = socket.set_keepalive(true);
    }
    // Else the kernel may take megabytes for a peer that reads slowly, and tell of space only when a large part of them has
    // gone: that would look like a peer that doesn't read at all.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_notsent_lowat(UNSENT);
}

/// Opens a port, on the runtime of the caller.
pub(crate) fn open(addr: SocketAddr, reuseaddr: bool, backlog: u32) -> Result<(TcpListener, SocketAddr)> {
    let bound = listen(addr, reuseaddr, backlog).and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (local_addr, listener) = bound.map_err(|error| {
        let message = match error.kind() {
            io::ErrorKind::AddrInUse => format!("port {} of {} is taken", addr.port(), addr.ip()),
            io::ErrorKind::PermissionDenied => format!("not permitted to listen on {addr}"),
            io::ErrorKind::AddrNotAvailable => format!("{} is no address of this machine", addr.ip()),
            _ => format!("cannot listen on {addr}"),
        };
        Error::new(ErrorKind::Listen, message).caused_by(error)
    })?;
    Ok((listener, local_addr))
}

fn listen(addr: SocketAddr, reuseaddr: bool, backlog: u32) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.ip() == IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // On Windows SO_REUSEADDR lets another process take the port.
    if cfg!(unix) {
        socket.set_reuse_address(reuseaddr)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}
