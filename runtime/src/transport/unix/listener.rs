//! The listener of a Unix socket.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use kai_tcp_server_spec::listen::{Entry, UnixAddress, Who};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;

use super::error::cannot_listen;
use super::file::{self, SocketFile};
use super::owner::{self, Owners};
use crate::error::Result;
use crate::options::Options;
use crate::transport::addr::{LocalAddr, PeerAddr, UnixPeer};
use crate::transport::listener::{Arrived, Backlog, Endpoint, PortListener};
use crate::transport::passed::Passed;
use crate::transport::{AnyTransport, Inherited, socket};

/// The time that a socket which takes no new connections stays open after the last one, where the
/// system doesn't say that it was the last.
const SETTLES: Duration = if cfg!(target_os = "linux") {
    Duration::ZERO
} else {
    Duration::from_millis(50)
};

/// A Unix socket, open or released.
#[derive(Debug)]
pub(crate) struct UnixEndpoint {
    /// The path, or the name with `@` before it.
    path: PathBuf,
    is_abstract: bool,
    mode: Option<u32>,
    owner: Option<Who<'static>>,
    group: Option<Who<'static>>,
    backlog: u32,
    /// The socket that an old process has passed, until the port is opened.
    passed: Mutex<Option<Socket>>,
}

impl UnixEndpoint {
    pub(crate) fn new(
        options: &Options,
        address: UnixAddress<'_>,
        entry: &Entry<'static>,
        passed: &mut Passed,
    ) -> Self {
        let (path, is_abstract) = match address {
            UnixAddress::Path(path) => (path.to_owned(), false),
            UnixAddress::Abstract(name) => (format!("@{name}"), true),
        };
        UnixEndpoint {
            passed: Mutex::new(passed.take(&key(&path))),
            path: path.into(),
            is_abstract,
            mode: entry.mode,
            owner: entry.owner,
            group: entry.group,
            backlog: options.backlog,
        }
    }

    /// Returns a socket that listens, and its file.
    fn open(&self) -> Result<(Socket, Option<SocketFile>)> {
        let cannot = |error| cannot_listen(&self.path, error);
        let backlog = i32::try_from(self.backlog).unwrap_or(i32::MAX);
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(socket) = passed {
            return self.go_on(socket, backlog).map_err(cannot);
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(cannot)?;
        socket.set_nonblocking(true).map_err(cannot)?;
        if self.is_abstract {
            let name = self.path.to_string_lossy().replacen('@', "\0", 1);
            let bound = SockAddr::unix(name).and_then(|name| socket.bind(&name));
            bound.and_then(|()| socket.listen(backlog)).map_err(cannot)?;
            return Ok((socket, None));
        }
        let owners = Owners {
            user: self.owner.map(owner::user).transpose()?,
            group: self.group.map(owner::group).transpose()?,
        };
        // Nobody else replaces the file while this one is bound and doesn't listen yet.
        let _turn = file::turn(&self.path);
        let file = file::bind(&socket, &self.path)?;
        // A client is refused until the socket listens, so none comes before these are set.
        file.set_access(self.mode, owners)?;
        socket.listen(backlog).map_err(cannot)?;
        Ok((socket, Some(file)))
    }
}

impl UnixEndpoint {
    /// Goes on with a socket that listens. Its file, whose mode and owner stay, is another
    /// process's until this one takes it over.
    fn go_on(&self, socket: Socket, backlog: i32) -> io::Result<(Socket, Option<SocketFile>)> {
        socket.set_nonblocking(true)?;
        socket.listen(backlog)?;
        let file = if self.is_abstract {
            None
        } else {
            SocketFile::of_another(&self.path).ok()
        };
        Ok((socket, file))
    }
}

/// Returns the key of a socket by its path, or its name with `@` before it.
fn key(path: &str) -> String {
    format!("unix {path}")
}

impl Endpoint for UnixEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let (socket, file) = self.open()?;
        let listeners = UnixPort::on_each(socket, runtimes).map_err(|error| cannot_listen(&self.path, error))?;
        let key = key(&self.path.to_string_lossy());
        Ok(UnixPort::boxed(listeners, file, Some(self.backlog), Some(&key)))
    }

    fn local_addr(&self) -> LocalAddr {
        LocalAddr::Unix(self.path.clone())
    }
}

/// A Unix socket as one place sees it.
#[derive(Debug)]
pub(in crate::transport) struct UnixPort {
    /// Removed before the socket closes: as long as it is open, no other file has the number of its
    /// file, and who looks finds that somebody listens there.
    file: Option<Arc<SocketFile>>,
    listener: UnixListener,
    /// `None` if others may listen next.
    backlog: Option<u32>,
    /// The key by which a new process finds the socket, if it is passed on.
    #[cfg_attr(not(all(target_os = "linux", feature = "upgrade")), expect(dead_code))]
    key: Option<String>,
}

impl UnixPort {
    /// A listener on each of the runtimes, all of one socket.
    pub(in crate::transport) fn on_each(socket: Socket, runtimes: &[Handle]) -> io::Result<Vec<UnixListener>> {
        socket::on_each(socket, runtimes, |socket| UnixListener::from_std(socket.into()))
    }

    pub(in crate::transport) fn boxed(
        listeners: Vec<UnixListener>,
        file: Option<SocketFile>,
        backlog: Option<u32>,
        key: Option<&str>,
    ) -> Vec<Box<dyn PortListener>> {
        let file = file.map(Arc::new);
        let boxed = |listener| -> Box<dyn PortListener> {
            Box::new(UnixPort {
                file: file.clone(),
                listener,
                backlog,
                key: key.map(str::to_owned),
            })
        };
        listeners.into_iter().map(boxed).collect()
    }
}

impl PortListener for UnixPort {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        self.listener.poll_accept(cx).map(|accepted| {
            let (stream, _) = accepted?;
            // Who isn't known isn't served; the next one may be.
            let peer = stream.peer_cred().map_err(|_| io::ErrorKind::ConnectionAborted)?;
            Ok(Arrived {
                peer_addr: PeerAddr::Unix(UnixPeer::new(peer.uid(), peer.gid(), peer.pid())),
                transport: AnyTransport::Unix(Box::new(stream)),
                inherited: Inherited::default(),
            })
        })
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn share(&self, sockets: &mut Vec<(String, std::os::fd::OwnedFd)>) -> io::Result<()> {
        socket::share(&self.listener, self.key.as_ref(), sockets)
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn take_over(&self) {
        if let Some(file) = &self.file {
            file.take_over();
        }
    }

    /// The file stays, as the new process listens there.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn give_away(self: Box<Self>) {
        if let Some(file) = &self.file {
            file.leave();
        }
    }

    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        let UnixPort {
            file,
            listener,
            backlog,
            ..
        } = *self;
        let most = (backlog? as usize).saturating_add(1);
        let listener = listener.into_std().ok()?;
        drop(file);
        // Linux refuses who connects from here on, and says when the last one was accepted.
        let _ = SockRef::from(&listener).shutdown(std::net::Shutdown::Read);
        Some(Backlog {
            accept: Box::new(move || accept(&listener)),
            most,
            settles: SETTLES,
        })
    }
}

fn accept(listener: &std::os::unix::net::UnixListener) -> io::Result<AnyTransport> {
    let (stream, _) = listener.accept().map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => io::ErrorKind::NotConnected.into(),
        _ => error,
    })?;
    // One that can't be watched is closed, which says nothing of the next one.
    let watched = stream.set_nonblocking(true).and_then(|()| UnixStream::from_std(stream));
    watched
        .map(|stream| AnyTransport::Unix(Box::new(stream)))
        .map_err(|_| io::ErrorKind::ConnectionAborted.into())
}
