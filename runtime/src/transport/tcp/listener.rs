//! A TCP port.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

#[cfg(target_os = "linux")]
use super::UNSENT;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::transport::addr::{LocalAddr, PeerAddr};
use crate::transport::listener::{Arrived, Backlog, Endpoint, PortListener};
use crate::transport::passed::Passed;
use crate::transport::{AnyTransport, Inherited, socket};

/// How long a port that takes no new connections stays open after the last one came: one that has
/// the kernel's answer counts itself as connected, and would be reset if its part of the handshake
/// came later.
const SETTLES: Duration = Duration::from_millis(50);

/// A TCP port, open or released.
#[derive(Debug)]
pub(crate) struct TcpEndpoint {
    options: Options,
    configured: SocketAddr,
    /// Where it listened first: a port that the system chose stays the server's.
    bound: OnceLock<SocketAddr>,
    /// The socket that an old process has passed, until the port is opened.
    passed: Mutex<Option<Socket>>,
}

impl TcpEndpoint {
    pub(crate) fn new(options: &Options, configured: SocketAddr, passed: &mut Passed) -> Self {
        TcpEndpoint {
            options: *options,
            configured,
            bound: OnceLock::new(),
            passed: Mutex::new(passed.take(&key(configured))),
        }
    }

    fn addr(&self) -> SocketAddr {
        self.bound.get().copied().unwrap_or(self.configured)
    }
}

impl Endpoint for TcpEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let Options {
            reuseaddr,
            backlog,
            nodelay,
            keepalive,
            ..
        } = self.options;
        let (addr, mut inherited) = (self.addr(), Inherited::default());
        let set_up = |socket: &Socket| inherited = hand_down(socket, nodelay, keepalive);
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let listening = match passed {
            Some(socket) => go_on(socket, addr, backlog, set_up),
            None => listen(addr, reuseaddr, backlog, set_up),
        };
        let listening = listening.and_then(|(socket, addr)| Ok((TcpPort::on_each(socket, runtimes)?, addr)));
        let (listeners, local_addr) = listening.map_err(|error| cannot_listen(addr, error))?;
        self.bound.get_or_init(|| local_addr);
        Ok(TcpPort::boxed(
            listeners,
            inherited,
            Some(backlog),
            Some(&key(self.configured)),
        ))
    }

    fn local_addr(&self) -> LocalAddr {
        self.addr().into()
    }
}

/// A TCP port as one place sees it.
#[derive(Debug)]
pub(in crate::transport) struct TcpPort {
    listener: TcpListener,
    inherited: Inherited,
    /// `None` if others may listen next: then nobody's waiting connection is taken, and no filter
    /// is put on a socket that isn't the server's alone.
    backlog: Option<u32>,
    /// The key by which a new process finds the socket, if it is passed on.
    #[cfg_attr(not(all(target_os = "linux", feature = "upgrade")), expect(dead_code))]
    key: Option<String>,
}

impl TcpPort {
    /// A listener on each of the runtimes, all of one port.
    pub(in crate::transport) fn on_each(socket: Socket, runtimes: &[Handle]) -> io::Result<Vec<TcpListener>> {
        socket::on_each(socket, runtimes, |socket| TcpListener::from_std(socket.into()))
    }

    pub(in crate::transport) fn boxed(
        listeners: Vec<TcpListener>,
        inherited: Inherited,
        backlog: Option<u32>,
        key: Option<&str>,
    ) -> Vec<Box<dyn PortListener>> {
        let boxed = |listener| -> Box<dyn PortListener> {
            Box::new(TcpPort {
                listener,
                inherited,
                backlog,
                key: key.map(str::to_owned),
            })
        };
        listeners.into_iter().map(boxed).collect()
    }
}

impl PortListener for TcpPort {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        self.listener.poll_accept(cx).map_ok(|(stream, addr)| Arrived {
            transport: AnyTransport::Tcp(stream),
            peer_addr: PeerAddr::Ip(addr),
            inherited: self.inherited,
        })
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn share(&self, sockets: &mut Vec<(String, std::os::fd::OwnedFd)>) -> io::Result<()> {
        socket::share(&self.listener, self.key.as_ref(), sockets)
    }

    /// Without tokio's listener, which asks the kernel only when it was told that a connection
    /// waits.
    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        let backlog = self.backlog?;
        let listener = self.listener.into_std().ok()?;
        take_no_more(&listener);
        // So many again as may wait may be in the middle of their handshake.
        let waiting = (backlog as usize).saturating_add(1);
        Some(Backlog {
            accept: Box::new(move || accept(&listener)),
            most: waiting.saturating_mul(2),
            settles: SETTLES,
        })
    }
}

/// Returns the key of a port by its configured address.
fn key(configured: SocketAddr) -> String {
    format!("tcp {configured}")
}

fn accept(listener: &std::net::TcpListener) -> io::Result<AnyTransport> {
    let (stream, _) = listener.accept()?;
    // One that can't be watched is closed, which says nothing of the next one.
    let watched = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
    watched
        .map(AnyTransport::Tcp)
        .map_err(|_| io::ErrorKind::ConnectionAborted.into())
}

/// Makes the kernel drop the packets that would begin a connection, so that the backlog can be
/// emptied: a client that connects now tries again, and finds the port closed.
///
/// Without this filter, 53 of 60 stops reset connections, 3 or 4 each, while 4 clients connected
/// without pause, and each stop turned away some 700. With it no stop reset any, and each turned
/// away 3.
#[cfg(target_os = "linux")]
fn take_no_more(listener: &std::net::TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over the TCP header: load the byte with the flags; if SYN is among them drop
    // the packet, else keep it.
    const PROGRAM: [SockFilter; 4] = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x45, 0, 1, 0x02),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    let _ = SockRef::from(listener).attach_filter(&PROGRAM);
}

#[cfg(not(target_os = "linux"))]
fn take_no_more(_: &std::net::TcpListener) {}

/// Gives the listener the options that its connections are to have, and returns which of them they
/// inherit.
#[cfg(target_os = "linux")]
fn hand_down(listener: &Socket, nodelay: bool, keepalive: bool) -> Inherited {
    Inherited {
        // Also what is off: a socket that another process has passed has its options.
        nodelay: listener.set_tcp_nodelay(nodelay).is_ok() && nodelay,
        keepalive: listener.set_keepalive(keepalive).is_ok() && keepalive,
        unsent: listener.set_tcp_notsent_lowat(UNSENT).is_ok(),
    }
}

#[cfg(not(target_os = "linux"))]
fn hand_down(_: &Socket, _: bool, _: bool) -> Inherited {
    Inherited::default()
}

/// Opens a port, or goes on with one that an old process has passed, on the runtime of the caller.
pub(crate) fn open(
    addr: SocketAddr,
    reuseaddr: bool,
    backlog: u32,
    passed: Option<Socket>,
) -> Result<(TcpListener, SocketAddr)> {
    let listening = match passed {
        Some(socket) => go_on(socket, addr, backlog, |_| {}),
        None => listen(addr, reuseaddr, backlog, |_| {}),
    };
    let listening = listening.and_then(|(socket, addr)| Ok((TcpListener::from_std(socket.into())?, addr)));
    listening.map_err(|error| cannot_listen(addr, error))
}

fn cannot_listen(addr: SocketAddr, error: io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {} of {} is taken", addr.port(), addr.ip()),
        io::ErrorKind::PermissionDenied => format!("not permitted to listen on {addr}"),
        io::ErrorKind::AddrNotAvailable => format!("{} is no address of this machine", addr.ip()),
        _ => format!("cannot listen on {addr}"),
    };
    Error::new(ErrorKind::Listen, message).caused_by(error)
}

/// Goes on with a socket that listens.
fn go_on(
    socket: Socket,
    addr: SocketAddr,
    backlog: u32,
    set_up: impl FnOnce(&Socket),
) -> io::Result<(Socket, SocketAddr)> {
    socket.set_nonblocking(true)?;
    set_up(&socket);
    // Its length is this program's.
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    let local_addr = socket.local_addr()?.as_socket().unwrap_or(addr);
    Ok((socket, local_addr))
}

/// `set_up` comes before anybody can connect.
fn listen(
    addr: SocketAddr,
    reuseaddr: bool,
    backlog: u32,
    set_up: impl FnOnce(&Socket),
) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // On Windows SO_REUSEADDR lets another process take the port.
    if cfg!(unix) {
        socket.set_reuse_address(reuseaddr)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    set_up(&socket);
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    let local_addr = socket.local_addr()?.as_socket().unwrap_or(addr);
    Ok((socket, local_addr))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_is_wrong_with_the_address() {
        let addr = SocketAddr::from(([192, 0, 2, 1], 80));
        for (kind, text) in [
            (io::ErrorKind::AddrInUse, "port 80 of 192.0.2.1 is taken"),
            (
                io::ErrorKind::PermissionDenied,
                "not permitted to listen on 192.0.2.1:80",
            ),
            (
                io::ErrorKind::AddrNotAvailable,
                "192.0.2.1 is no address of this machine",
            ),
            (io::ErrorKind::OutOfMemory, "cannot listen on 192.0.2.1:80"),
        ] {
            let error = cannot_listen(addr, kind.into());
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Listen, text));
        }
    }
}
