//! A listener that is there already: the program has it, or systemd has passed it.
//!
//! The descriptor is kept, and duplicated for whoever listens. Who waits in its backlog is served
//! by whoever listens next, so its listeners have no backlog to drain.

use std::io;
use std::sync::{Mutex, PoisonError};

use socket2::{Domain, Socket, Type};
use tokio::runtime::Handle;

use super::Inherited;
use super::addr::LocalAddr;
use super::listener::{Endpoint, Listener};
use super::tcp::listener::TcpPort;
#[cfg(unix)]
use super::unix::{self, listener::UnixPort};
use crate::error::{Error, ErrorKind, Result};

/// A listener that the program has, for [`start_on`](crate::start_on) and [`on`](crate::on).
///
/// Made `From` a `TcpListener` or a `UnixListener` of the standard library or of tokio.
#[derive(Debug)]
pub struct GivenListener(Result<GivenEndpoint>);

impl GivenListener {
    /// Returns what a server listens with.
    ///
    /// # Errors
    ///
    /// Returns an error if the socket can't be used.
    pub(crate) fn into_endpoint(self) -> Result<Box<dyn Endpoint>> {
        Ok(Box::new(self.0?))
    }

    fn new(socket: io::Result<Socket>) -> Self {
        let endpoint = socket.map_err(|error| cannot("the listener can't be used", error));
        GivenListener(endpoint.and_then(|socket| {
            let kind = Kind::of(&socket).map_err(|is| {
                let message =
                    format!("the listener is {is}, and a server needs one of TCP or a Unix socket that listens");
                Error::new(ErrorKind::Listen, message)
            })?;
            GivenEndpoint::new(socket, kind)
        }))
    }
}

impl From<std::net::TcpListener> for GivenListener {
    fn from(listener: std::net::TcpListener) -> Self {
        GivenListener::new(Ok(listener.into()))
    }
}

impl From<tokio::net::TcpListener> for GivenListener {
    fn from(listener: tokio::net::TcpListener) -> Self {
        GivenListener::new(listener.into_std().map(Into::into))
    }
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for GivenListener {
    fn from(listener: std::os::unix::net::UnixListener) -> Self {
        GivenListener::new(Ok(listener.into()))
    }
}

#[cfg(unix)]
impl From<tokio::net::UnixListener> for GivenListener {
    fn from(listener: tokio::net::UnixListener) -> Self {
        GivenListener::new(listener.into_std().map(Into::into))
    }
}

/// What listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp(LocalAddr),
    #[cfg(unix)]
    Unix(LocalAddr),
}

impl Kind {
    /// Returns what a socket listens with, or says what it is instead.
    pub(super) fn of(socket: &Socket) -> std::result::Result<Self, &'static str> {
        // No socket has no type.
        let ty = socket.r#type().map_err(|_| "no socket")?;
        let addr = socket.local_addr().map_err(|_| "no socket")?;
        let kind = match addr.domain() {
            Domain::IPV4 | Domain::IPV6 => addr.as_socket().map(LocalAddr::Ip).map(Kind::Tcp),
            #[cfg(unix)]
            Domain::UNIX => Some(Kind::Unix(unix::local_addr(&addr))),
            _ => None,
        };
        match (kind, ty) {
            (None, _) => Err("a socket of another family"),
            (Some(_), Type::DGRAM) => Err("a datagram socket"),
            (Some(_), ty) if ty != Type::STREAM => Err("a socket of another type"),
            (Some(_), _) if !listens(socket) => Err(if socket.peer_addr().is_ok() {
                "a connection"
            } else {
                "a socket that doesn't listen"
            }),
            (Some(kind), _) => Ok(kind),
        }
    }

    pub(super) fn local_addr(&self) -> &LocalAddr {
        match self {
            Kind::Tcp(addr) => addr,
            #[cfg(unix)]
            Kind::Unix(addr) => addr,
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn listens(socket: &Socket) -> bool {
    socket.is_listener().unwrap_or(false)
}

/// Elsewhere an accept says so.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn listens(socket: &Socket) -> bool {
    socket.peer_addr().is_err()
}

/// A socket that listens already.
#[derive(Debug)]
pub(super) struct GivenEndpoint {
    /// `None` once the server has ended.
    socket: Mutex<Option<Socket>>,
    kind: Kind,
}

impl GivenEndpoint {
    pub(super) fn new(socket: Socket, kind: Kind) -> Result<Self> {
        let watchable = socket.set_nonblocking(true);
        watchable.map_err(|error| cannot("the listener can't be used", error))?;
        Ok(GivenEndpoint {
            socket: Mutex::new(Some(socket)),
            kind,
        })
    }

    fn duplicate(&self) -> io::Result<Socket> {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        socket.as_ref().ok_or(io::ErrorKind::NotConnected)?.try_clone()
    }
}

impl Endpoint for GivenEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn Listener>>> {
        let listening = self.duplicate().and_then(|socket| match self.kind {
            Kind::Tcp(_) => {
                let inherited = handed_down(&socket);
                Ok(TcpPort::boxed(TcpPort::on_each(socket, runtimes)?, inherited, None))
            }
            #[cfg(unix)]
            Kind::Unix(_) => Ok(UnixPort::boxed(UnixPort::on_each(socket, runtimes)?, None, None)),
        });
        listening.map_err(|error| cannot(&format!("cannot listen on {}", self.kind.local_addr()), error))
    }

    fn local_addr(&self) -> LocalAddr {
        self.kind.local_addr().clone()
    }

    fn close(&self) {
        drop(self.socket.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Returns what connections inherit. The socket is left as it is, as others may have it, too.
#[cfg(target_os = "linux")]
fn handed_down(socket: &Socket) -> Inherited {
    Inherited {
        nodelay: socket.tcp_nodelay().unwrap_or(false),
        keepalive: socket.keepalive().unwrap_or(false),
        unsent: false,
    }
}

#[cfg(not(target_os = "linux"))]
fn handed_down(_: &Socket) -> Inherited {
    Inherited::default()
}

fn cannot(message: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Listen, message.to_owned()).caused_by(error)
}
