//! A socket that listens already: the program has it, or systemd has passed it.
//!
//! The descriptor is kept, and duplicated for whoever listens. Who waits in its backlog is served
//! by whoever listens next, so its listeners have no backlog to drain.

use std::io;
use std::sync::{Mutex, PoisonError};

use socket2::{Domain, Socket, Type};
use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind, Result};
use crate::transport::Inherited;
use crate::transport::addr::LocalAddr;
use crate::transport::listener::{Endpoint, PortListener};
use crate::transport::tcp::listener::TcpPort;
#[cfg(unix)]
use crate::transport::unix::{self, listener::UnixPort};

/// The kind of a socket that listens, with its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Kind {
    Tcp(LocalAddr),
    #[cfg(unix)]
    Unix(LocalAddr),
}

impl Kind {
    /// Returns what a socket listens with, or says what it is instead.
    pub(in crate::transport) fn of(socket: &Socket) -> std::result::Result<Self, &'static str> {
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

    pub(in crate::transport) fn local_addr(&self) -> &LocalAddr {
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
pub(in crate::transport) struct GivenEndpoint {
    /// `None` once the server has ended.
    socket: Mutex<Option<Socket>>,
    kind: Kind,
    /// The key by which a new process finds the socket, if it is passed on.
    key: Option<String>,
}

impl GivenEndpoint {
    pub(in crate::transport) fn new(socket: Socket, kind: Kind) -> Result<Self> {
        let watchable = socket.set_nonblocking(true);
        watchable.map_err(|error| cannot("the listener can't be used", error))?;
        Ok(GivenEndpoint {
            socket: Mutex::new(Some(socket)),
            kind,
            key: None,
        })
    }

    /// Lets a new process find the socket by this key.
    #[cfg(all(unix, feature = "systemd"))]
    pub(in crate::transport) fn with_key(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }

    fn duplicate(&self) -> io::Result<Socket> {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        socket.as_ref().ok_or(io::ErrorKind::NotConnected)?.try_clone()
    }
}

impl Endpoint for GivenEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let listening = self.duplicate().and_then(|socket| match self.kind {
            Kind::Tcp(_) => {
                let inherited = handed_down(&socket);
                let listeners = TcpPort::on_each(socket, runtimes)?;
                Ok(TcpPort::boxed(listeners, inherited, None, self.key.as_deref()))
            }
            #[cfg(unix)]
            Kind::Unix(_) => {
                let listeners = UnixPort::on_each(socket, runtimes)?;
                Ok(UnixPort::boxed(listeners, None, None, self.key.as_deref()))
            }
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

pub(super) fn cannot(message: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Listen, message.to_owned()).caused_by(error)
}
