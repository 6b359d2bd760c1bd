//! Where connections come from: a port, or tests without one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};
use crate::log::{Limiter, Unsaid};
use crate::options::Options;
use crate::transport::{NO_ADDR, Transport};

#[derive(Debug)]
pub(crate) struct Listener {
    source: Source,
    nodelay: bool,
    keepalive: bool,
    error_sleep: Duration,
    /// Want of resources is told now and then, not at each try.
    errors: Limiter,
}

#[derive(Debug)]
enum Source {
    Tcp(TcpListener),
    Memory(mpsc::Receiver<DuplexStream>),
}

/// What an error of accept(2) means for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptError {
    /// It was about one connection: the next may be well.
    Retry,
    /// Descriptors or memory are short: it would fail again at once.
    Pause,
    /// The listener itself is lost.
    Lost,
}

impl AcceptError {
    /// Linux hands pending network errors of the new socket to accept(2), which says to treat them as EAGAIN.
    pub(crate) fn of(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::Interrupted
            | Kind::WouldBlock
            | Kind::TimedOut
            | Kind::PermissionDenied
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable => AcceptError::Retry,
            Kind::OutOfMemory => AcceptError::Pause,
            _ => AcceptError::of_code(error.raw_os_error()),
        }
    }

    /// What the standard library has no kind for, by the numbers of Linux; elsewhere a pause is the safe reading of what is
    /// not known.
    #[cfg(target_os = "linux")]
    fn of_code(code: Option<i32>) -> Self {
        const EPROTO: i32 = 71;
        const ENOPROTOOPT: i32 = 92;
        const EHOSTDOWN: i32 = 112;
        const ENONET: i32 = 64;
        const EOPNOTSUPP: i32 = 95;
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        const ENOBUFS: i32 = 105;
        match code {
            Some(EPROTO | ENOPROTOOPT | EHOSTDOWN | ENONET | EOPNOTSUPP) => AcceptError::Retry,
            Some(ENFILE | EMFILE | ENOBUFS) => AcceptError::Pause,
            _ => AcceptError::Lost,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_code(_: Option<i32>) -> Self {
        AcceptError::Pause
    }
}

impl Listener {
    /// Opens the port.
    pub(crate) fn bind(options: &Options) -> Result<(Listener, SocketAddr)> {
        let addr = SocketAddr::new(options.ip, options.port.unwrap_or_default());
        let bound = listen(addr, options).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (local_addr, listener) = bound.map_err(|error| {
            let message = match error.kind() {
                io::ErrorKind::AddrInUse => format!("port {} of {} is taken", addr.port(), addr.ip()),
                io::ErrorKind::PermissionDenied => format!("not permitted to listen on {addr}"),
                io::ErrorKind::AddrNotAvailable => format!("{} is no address of this machine", addr.ip()),
                _ => format!("cannot listen on {addr}"),
            };
            Error::new(ErrorKind::Listen, message).caused_by(error)
        })?;
        Ok((Listener::new(Source::Tcp(listener), options), local_addr))
    }

    /// Takes connections from the sender that comes with it.
    pub(crate) fn in_memory(options: &Options) -> (Listener, mpsc::Sender<DuplexStream>) {
        let (sender, receiver) = mpsc::channel(usize::try_from(options.backlog).unwrap_or(1).min(1024));
        (Listener::new(Source::Memory(receiver), options), sender)
    }

    fn new(source: Source, options: &Options) -> Self {
        Listener {
            source,
            nodelay: options.nodelay,
            keepalive: options.keepalive,
            error_sleep: options.accept_error_sleep_time,
            errors: Limiter::default(),
        }
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// The listener is lost. What concerns one connection is passed over, and want of resources is waited out.
    pub(crate) async fn accept(&mut self) -> io::Result<(Transport, SocketAddr)> {
        let listener = match &mut self.source {
            Source::Tcp(listener) => listener,
            Source::Memory(connections) => {
                let stream = connections.recv().await.ok_or(io::ErrorKind::NotConnected)?;
                return Ok((Transport::Memory(stream), NO_ADDR));
            }
        };
        loop {
            let error = match listener.accept().await {
                Ok((stream, addr)) => {
                    set_up(&stream, self.nodelay, self.keepalive);
                    return Ok((Transport::Tcp(stream), addr));
                }
                Err(error) => error,
            };
            match AcceptError::of(&error) {
                AcceptError::Retry => tokio::task::yield_now().await,
                AcceptError::Lost => return Err(error),
                AcceptError::Pause => {
                    if let Some(Unsaid(unsaid)) = self.errors.admit() {
                        tracing::warn!(name: "accept failed", %error, pause = ?self.error_sleep, unsaid, "accepting pauses: {error}");
                    }
                    tokio::time::sleep(self.error_sleep).await;
                }
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

fn listen(addr: SocketAddr, options: &Options) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.ip() == IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // On Windows SO_REUSEADDR lets another process take the port.
    if cfg!(unix) {
        socket.set_reuse_address(options.reuseaddr)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(i32::try_from(options.backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}
