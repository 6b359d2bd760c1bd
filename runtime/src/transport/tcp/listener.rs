//! Where connections come from: a port, or tests without one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::accept::balancer::AcceptBalancer;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::transport::memory::queue::InMemoryQueue;
use crate::transport::{NO_ADDR, Transport};

/// Where connections come from, as one place sees it where they are waited for.
#[derive(Debug)]
pub(crate) struct Listener {
    source: Source,
    shard: usize,
    balancer: AcceptBalancer,
    inherited: Inherited,
    backlog: u32,
}

#[derive(Debug)]
enum Source {
    Tcp(TcpListener),
    Memory(Arc<InMemoryQueue>),
}

/// Somebody who came.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) transport: Transport,
    pub(crate) peer_addr: SocketAddr,
    inherited: Inherited,
}

impl Listener {
    /// Opens the port, once for each of `runtimes`: whoever waits there for a connection is told by that runtime.
    pub(crate) fn bind(options: &Options, runtimes: &[Handle]) -> Result<(Vec<Listener>, SocketAddr)> {
        let addr = SocketAddr::new(options.ip, options.port.unwrap_or_default());
        let mut inherited = Inherited::default();
        let set_up = |socket: &Socket| inherited = Inherited::from(socket, options.nodelay, options.keepalive);
        let listening = listen(addr, options.reuseaddr, options.backlog, set_up)
            .and_then(|(socket, addr)| Ok((on_each(socket, runtimes)?, addr)));
        let (sources, local_addr) = listening.map_err(|error| cannot_listen(addr, error))?;
        let listener = |(shard, source)| Listener::new(Source::Tcp(source), shard, inherited, options);
        Ok((sources.into_iter().enumerate().map(listener).collect(), local_addr))
    }

    /// Takes connections from the sender that comes with it, at so many places.
    pub(crate) fn in_memory(options: &Options, shards: usize) -> (Vec<Listener>, mpsc::Sender<DuplexStream>) {
        let (sender, receiver) = mpsc::channel(usize::try_from(options.backlog).unwrap_or(1).min(1024));
        let memory = Arc::new(InMemoryQueue::new(receiver, shards));
        let listener = |shard| {
            let source = Source::Memory(Arc::clone(&memory));
            Listener::new(source, shard, Inherited::default(), options)
        };
        ((0..shards).map(listener).collect(), sender)
    }

    fn new(source: Source, shard: usize, inherited: Inherited, options: &Options) -> Self {
        Listener {
            source,
            shard,
            balancer: AcceptBalancer::default(),
            inherited,
            backlog: options.backlog,
        }
    }

    /// The port without tokio, which asks the kernel only when it was told that somebody waits; and how many may wait there or be on their
    /// way: so many again as `backlog` says may be in the middle of their handshake.
    pub(crate) fn into_port(self) -> Option<(std::net::TcpListener, usize)> {
        match self.source {
            Source::Tcp(listener) => {
                let waiting = (self.backlog as usize).saturating_add(1);
                Some((listener.into_std().ok()?, waiting.saturating_mul(2)))
            }
            Source::Memory(_) => None,
        }
    }

    /// Somebody who waits for a server without a port.
    pub(crate) fn waiting_in_memory(&mut self) -> Option<Transport> {
        match &self.source {
            Source::Tcp(_) => None,
            Source::Memory(memory) => memory.take().map(Transport::from),
        }
    }

    /// One accept(2) at most, and nothing that could call anybody. Who comes is left to others for a moment, if this place is `ahead`.
    pub(crate) fn poll_accept(&mut self, ahead: bool, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        let Listener {
            source,
            shard,
            balancer,
            inherited,
            ..
        } = self;
        let accepted = balancer.poll(ahead, cx, |cx| match source {
            Source::Tcp(listener) => {
                let accepted = listener.poll_accept(cx);
                accepted.map_ok(|(stream, addr)| (Transport::Tcp(stream), addr))
            }
            Source::Memory(memory) => {
                let next = memory.poll_next(*shard, cx);
                next.map(|stream| Ok((Transport::from(stream.ok_or(io::ErrorKind::NotConnected)?), NO_ADDR)))
            }
        });
        accepted.map_ok(|(transport, peer_addr)| Arrived {
            transport,
            peer_addr,
            inherited: *inherited,
        })
    }
}

impl Arrived {
    /// Gives a connection the options that it hasn't got from its listener. One that doesn't take them is already gone: the first read will
    /// say so.
    pub(crate) fn set_up(&self, options: &Options) {
        let Transport::Tcp(stream) = &self.transport else {
            return;
        };
        let (socket, inherited) = (SockRef::from(stream), self.inherited);
        if options.nodelay != inherited.nodelay {
            let _ = socket.set_tcp_nodelay(options.nodelay);
        }
        if options.keepalive != inherited.keepalive {
            let _ = socket.set_keepalive(options.keepalive);
        }
        #[cfg(target_os = "linux")]
        if !inherited.unsent {
            let _ = socket.set_tcp_notsent_lowat(UNSENT);
        }
    }
}

/// How many unsent bytes the kernel takes before it says that it is full.
///
/// Else it may take megabytes for a peer that reads slowly, and tell of space only when a large part of them has gone: that would look
/// like a peer that doesn't read at all.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// What connections have when they are accepted. Linux gives them what their listener has, which saves a system call for each.
#[derive(Clone, Copy, Debug, Default)]
struct Inherited {
    nodelay: bool,
    keepalive: bool,
    #[cfg(target_os = "linux")]
    unsent: bool,
}

impl Inherited {
    /// Gives it to the listener, where that is of use.
    #[cfg(target_os = "linux")]
    fn from(listener: &Socket, nodelay: bool, keepalive: bool) -> Self {
        Inherited {
            nodelay: nodelay && listener.set_tcp_nodelay(true).is_ok(),
            keepalive: keepalive && listener.set_keepalive(true).is_ok(),
            unsent: listener.set_tcp_notsent_lowat(UNSENT).is_ok(),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn from(_: &Socket, _: bool, _: bool) -> Self {
        Inherited::default()
    }
}

/// A listener on each of the runtimes, all of one port.
fn on_each(socket: Socket, runtimes: &[Handle]) -> io::Result<Vec<TcpListener>> {
    let on = |socket: Socket, runtime: &Handle| {
        let _inside = runtime.enter();
        TcpListener::from_std(socket.into())
    };
    let Some((last, others)) = runtimes.split_last() else {
        return Ok(Vec::new());
    };
    let mut listeners = others
        .iter()
        .map(|runtime| on(socket.try_clone()?, runtime))
        .collect::<io::Result<Vec<_>>>()?;
    listeners.push(on(socket, last)?);
    Ok(listeners)
}

/// Opens a port, on the runtime of the caller.
pub(crate) fn open(addr: SocketAddr, reuseaddr: bool, backlog: u32) -> Result<(TcpListener, SocketAddr)> {
    let listening = listen(addr, reuseaddr, backlog, |_| {})
        .and_then(|(socket, addr)| Ok((TcpListener::from_std(socket.into())?, addr)));
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

/// `set_up` comes before anybody can connect.
fn listen(
    addr: SocketAddr,
    reuseaddr: bool,
    backlog: u32,
    set_up: impl FnOnce(&Socket),
) -> io::Result<(Socket, SocketAddr)> {
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
