//! The two ends of a connection: who the peer is, and where the server is reached.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::log::Quoted;

/// The other end of a connection.
///
/// # Examples
///
/// ```
/// use std::net::SocketAddr;
/// use kai_tcp_server::PeerAddr;
///
/// let peer = PeerAddr::from(SocketAddr::from(([192, 0, 2, 1], 49152)));
/// assert_eq!(peer.to_string(), "192.0.2.1:49152");
/// assert_eq!(peer.ip(), Some([192, 0, 2, 1].into()));
/// assert_eq!(PeerAddr::Memory.to_string(), "memory");
/// assert_eq!(PeerAddr::Memory.ip(), None);
///
/// let proxy = PeerAddr::Proxy(Box::new(SocketAddr::from(([10, 0, 0, 1], 4444))));
/// assert_eq!(proxy.to_string(), "proxy 10.0.0.1:4444");
/// assert_eq!(proxy.ip(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddr {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A proxy, by the address from which it connected (option `proxy_protocol`).
    ///
    /// The peer is the proxy until its header has come, which names the client. If it names none,
    /// the peer stays the proxy: the connection is the proxy's own, such as a health check, or the
    /// proxy doesn't tell the address of its client. `max_per_ip`, `allow` and `deny` are for
    /// clients and let it in, so it has no [`ip`](Self::ip).
    Proxy(Box<SocketAddr>),
    /// A process on the same machine, which connected to a Unix socket.
    Unix(UnixPeer),
    /// A program that connected by [`Server::connect`](crate::Server::connect).
    Memory,
    /// Whom a [listener of the program's own](crate::transport::Listener) names. The text is
    /// displayed on one line, escaped and truncated.
    Other(Arc<str>),
}

/// The process at the other end of a Unix socket, as it was when it connected.
///
/// The system says so, not the peer. The process may have ended since, and another may have its
/// number, so the user and the group are what to decide by.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, PeerAddr, Result, Socket, tcp_server};
///
/// struct Admin;
///
/// #[tcp_server(listen = ["unix:/run/admin.sock mode=666"])]
/// impl Admin {
///     async fn connected(&self, socket: &mut Socket) -> Result {
///         match socket.peer_addr() {
///             PeerAddr::Unix(peer) if peer.uid() == 0 => Ok(()),
///             peer => Err(format!("{peer} may not do this").into()),
///         }
///     }
///
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnixPeer {
    uid: u32,
    gid: u32,
    pid: Option<i32>,
}

impl UnixPeer {
    #[cfg(unix)]
    pub(crate) const fn new(uid: u32, gid: u32, pid: Option<i32>) -> Self {
        UnixPeer { uid, gid, pid }
    }

    /// Returns the number of the user that the process ran as.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Returns the number of the group that the process ran as.
    pub fn gid(&self) -> u32 {
        self.gid
    }

    /// Returns the number of the process, where the system tells it.
    pub fn pid(&self) -> Option<i32> {
        self.pid
    }
}

// Each connection has one.
const _: () = assert!(size_of::<PeerAddr>() == size_of::<SocketAddr>());

impl PeerAddr {
    /// Returns the IP address, if the peer has one. A [proxy](Self::Proxy) has none, as it isn't
    /// the one who is served.
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket_addr().map(|addr| addr.ip())
    }

    /// Returns the IP address and the port, if the peer has them.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            PeerAddr::Ip(addr) => Some(*addr),
            PeerAddr::Proxy(_) | PeerAddr::Unix(_) | PeerAddr::Memory | PeerAddr::Other(_) => None,
        }
    }
}

impl PartialEq<SocketAddr> for PeerAddr {
    fn eq(&self, addr: &SocketAddr) -> bool {
        self.socket_addr() == Some(*addr)
    }
}

impl From<SocketAddr> for PeerAddr {
    fn from(addr: SocketAddr) -> Self {
        PeerAddr::Ip(addr)
    }
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddr::Ip(addr) => addr.fmt(f),
            PeerAddr::Proxy(addr) => write!(f, "proxy {addr}"),
            PeerAddr::Unix(peer) => peer.fmt(f),
            PeerAddr::Memory => f.write_str("memory"),
            PeerAddr::Other(name) => Quoted(name).fmt(f),
        }
    }
}

impl fmt::Display for UnixPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix uid={}", self.uid)?;
        self.pid.map_or(Ok(()), |pid| write!(f, " pid={pid}"))
    }
}

/// Where a server is reached, or this end of a connection.
///
/// # Examples
///
/// ```
/// # use kai_tcp_server::{Action, start, tcp_server};
/// # use tokio::net::TcpStream;
/// # struct Echo;
/// # #[tcp_server(port = 0)]
/// # impl Echo {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> kai_tcp_server::Result {
/// let server = start(Echo).await?;
/// let client = TcpStream::connect(server.local_addr()).await?;
/// for addr in server.local_addrs() {
///     println!("listens on {addr}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LocalAddr {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// The path of a Unix socket; a name without a file has `@` before it.
    Unix(PathBuf),
    /// No address: [`Server::connect`](crate::Server::connect) connects within the program.
    Memory,
    /// The place of a [listener of the program's own](crate::transport::Listener), as the listener
    /// calls it. The text is displayed on one line, escaped and truncated.
    Other(Arc<str>),
}

impl LocalAddr {
    /// Returns the IP address, if there is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket_addr().map(|addr| addr.ip())
    }

    /// Returns the port, if there is one.
    pub fn port(&self) -> Option<u16> {
        self.socket_addr().map(|addr| addr.port())
    }

    /// Returns the IP address and the port, if there are such.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            LocalAddr::Ip(addr) => Some(*addr),
            LocalAddr::Unix(_) | LocalAddr::Memory | LocalAddr::Other(_) => None,
        }
    }
}

impl PartialEq<SocketAddr> for LocalAddr {
    fn eq(&self, addr: &SocketAddr) -> bool {
        self.socket_addr() == Some(*addr)
    }
}

impl From<SocketAddr> for LocalAddr {
    fn from(addr: SocketAddr) -> Self {
        LocalAddr::Ip(addr)
    }
}

impl fmt::Display for LocalAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LocalAddr::Ip(addr) => addr.fmt(f),
            LocalAddr::Unix(path) => write!(f, "unix:{}", Quoted(path.display())),
            LocalAddr::Memory => f.write_str("memory"),
            LocalAddr::Other(name) => Quoted(name).fmt(f),
        }
    }
}
