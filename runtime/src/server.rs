//! The handle of a running server: its state, its figures, its connections.

mod control;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) mod freezer;
pub(crate) mod handshakes;
#[cfg(feature = "inspect")]
pub(crate) mod inspections;
pub(crate) mod monitor;
pub(crate) mod permit;
pub(crate) mod registry;
mod stop;
pub(crate) mod timeouts;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};

use kai_tcp_server_spec::suggest;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::accept::acceptor_slots::AcceptorSlots;
use crate::accept::listener_set::{ListenPhase, ListenerSet, SuspendedPort};
use crate::accept::peer_filter::PeerFilter;
use crate::accept::refused::{Refusals, Refused};
use crate::error::{Error, ErrorKind, Result};
use crate::io::link::{ConnectionId, Link};
use crate::options::Options;
use crate::options::listing::{self, OptionInfo};
use crate::options::reload::OptionsCell;
use crate::server::handshakes::Handshakes;
#[cfg(feature = "inspect")]
use crate::server::inspections::Inspections;
use crate::server::monitor::{ClosedInfo, ConnectionInfo, Monitor};
use crate::server::timeouts::{TimeoutCounts, Timeouts};
use crate::supervisor::{Supervisor, Tree};
use crate::table::arm::ArmInfo;
use crate::table::counters::Counters;
#[cfg(feature = "metrics")]
use crate::table::latency::{ArmLatency, CallTimes};
#[cfg(feature = "inspect")]
use crate::table::protocol::Protocol;
use crate::table::state::{ListedState, StateInfo};
use crate::transport::addr::LocalAddr;
use crate::transport::tls::set::TlsSet;

pub(crate) use self::stop::Ended;
pub use self::stop::{Stopped, Stopping};

/// The prefix of the acceptors' names in the supervision tree.
pub(crate) const ACCEPTOR: &str = "acceptor_";

/// A handle on a running server. All clones are handles on the same server; dropping a handle stops
/// nothing.
///
/// The server ends with its runtime. So a `main` that starts a server must wait for it with
/// [`wait`](Server::wait); otherwise `main` returns at once, and the server ends.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, start, tcp_server, with};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// struct Echo;
///
/// #[tcp_server(port = 10000)]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
/// }
///
/// #[tokio::main]
/// async fn main() -> kai_tcp_server::Result {
///     let server = start(with(Echo, Echo::OPTIONS.in_memory())).await?;
///     let mut client = server.connect().await?;
///     client.write_all(b"hello\r\n").await?;
///     let mut answer = [0; 7];
///     client.read_exact(&mut answer).await?;
///     assert_eq!(&answer, b"hello\r\n");
///     assert_eq!(server.info().curr_connections, 1);
///     server.stop().await;
///     server.wait().await
/// }
/// ```
#[must_use = "a server ends with its runtime, so a `main` that starts one waits for it: `start(…).await?.wait().await`"]
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// The number of the server, unique in this process.
    pub(crate) number: u64,
    pub(crate) label: &'static str,
    pub(crate) options: Options,
    pub(crate) supervisor: Supervisor,
    pub(crate) monitor: Monitor,
    /// The acceptors' slots; acceptors are started as they are needed.
    pub(crate) slots: AcceptorSlots,
    pub(crate) peer_filter: PeerFilter,
    pub(crate) refusals: Refusals,
    pub(crate) timeouts: TimeoutCounts,
    /// The number of messages that found the mailbox of their connection full.
    pub(crate) full_mailboxes: Arc<AtomicU64>,
    pub(crate) handshakes: Handshakes,
    pub(crate) tls: TlsSet,
    /// Set as soon as acceptors exist.
    pub(crate) acceptors: OnceLock<Weak<dyn StandBy>>,
    pub(crate) listeners: ListenerSet,
    pub(crate) live: Arc<OptionsCell>,
    /// Asks the server's own task to call `reload` for new options.
    pub(crate) reloads: mpsc::Sender<oneshot::Sender<()>>,
    /// Whether the server was told to stop; it continues to serve for `stop_delay`.
    pub(crate) leaving: watch::Sender<bool>,
    pub(crate) health_addr: Option<SocketAddr>,
    pub(crate) agent_check_addr: Option<SocketAddr>,
    /// The sockets of those, with the keys by which a new process finds them.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) status_ports: Vec<(String, Weak<tokio::net::TcpListener>)>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
    /// The place to which the connections go that a new process takes over.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) freezer: freezer::Freezer,
    pub(crate) arms: Counters,
    /// The states of the protocol, the initial one first.
    pub(crate) states: &'static [ListedState],
    /// The number that tells these states from those of another enum.
    pub(crate) tag: u32,
    /// The table as data.
    #[cfg(feature = "inspect")]
    pub(crate) protocol: Option<&'static Protocol>,
    /// The questions about sessions.
    #[cfg(feature = "inspect")]
    pub(crate) inspections: Inspections,
}

impl Inner {
    /// Returns the name of the state that a connection is in; `None` if the protocol has no states.
    pub(crate) fn state_of(&self, link: &Link) -> Option<&'static str> {
        Some(self.states.get(link.state())?.name)
    }

    /// Accepts at a shard if a connection has arrived there and no acceptor has had a turn yet.
    #[inline]
    pub(crate) fn accept_if_rung(&self, shard: u16) {
        if self.listeners.has_rung(shard) {
            self.accept_for_others(shard);
        }
    }

    #[cold]
    fn accept_for_others(&self, shard: u16) {
        if let Some(acceptors) = self.acceptors.get().and_then(Weak::upgrade) {
            acceptors.accept_for_others(shard);
        }
    }
}

/// The acceptors, with the type of their server erased.
pub(crate) trait StandBy: Send + Sync {
    /// Makes sure that an acceptor waits for the next connection, if `max_processes` allows it.
    fn stand_by(self: Arc<Self>);

    /// Accepts the connections that have arrived at a shard, before the acceptor whose turn it is.
    fn accept_for_others(&self, shard: u16);

    /// Returns whether the frames are items of a codec.
    fn takes_items(&self) -> bool;

    /// Closes the connections that wait for an acceptor, because no acceptor serves any more.
    fn end(&self);

    /// Makes a connection of this server of one that another process has served so far.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn thaw(self: Arc<Self>, arriving: Arriving) -> Thawing;
}

/// A connection that comes from another process.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) struct Arriving {
    pub(crate) socket: std::os::fd::OwnedFd,
    pub(crate) carried: crate::io::carried::Carried,
    pub(crate) frozen: crate::io::frozen::Frozen,
}

/// A connection that is thawed in the end, or the reason why it can't go on here.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) type Thawing = std::pin::Pin<Box<dyn Future<Output = std::result::Result<GoesOn, String>> + Send>>;

/// Lets a thawed connection go on; dropping it drops the connection, which may go on elsewhere.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) type GoesOn = Box<dyn FnOnce() + Send>;

/// The state of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerState {
    /// The server accepts connections.
    Listening,
    /// The server accepts no connections and serves the existing ones ([`Server::suspend`]).
    Suspended(SuspendedPort),
    /// The server was told to stop: it continues for `stop_delay`, then its running calls have the
    /// time of `shutdown` to end.
    Stopping,
    /// The server has ended.
    Stopped,
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerState::Listening => f.write_str("listening"),
            ServerState::Suspended(SuspendedPort::Kept) => f.write_str("suspended"),
            ServerState::Suspended(SuspendedPort::Released) => f.write_str("suspended, port released"),
            ServerState::Stopping => f.write_str("stopping"),
            ServerState::Stopped => f.write_str("stopped"),
        }
    }
}

/// The state and the figures of a server.
///
/// Counters begin at 0 with the process. A connection that an upgrade has brought here counts from
/// then on: `accepted`, `calls` and bytes have none of what the process before did, which counted
/// that. [`ConnectionInfo`] has the figures of a connection's whole life.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The name that the server is registered under, if it has one.
    pub name: Option<&'static str>,
    /// The address that the server listens on; of several the first one with an IP address.
    pub local_addr: LocalAddr,
    /// All addresses that the server listens on.
    pub local_addrs: Vec<LocalAddr>,
    /// Whether the server is listening, suspended, stopping or stopped.
    pub state: ServerState,
    /// The number of connections that are served now.
    pub curr_connections: usize,
    /// The most connections that are served at one time; [`Server::set_max_processes`] changes it.
    pub max_processes: usize,
    /// The number of connections that were accepted to be served.
    pub accepted: u64,
    /// The number of connections that were refused, by reason.
    pub refused: Refused,
    /// The number of connections that have ended, by reason: those that were accepted, and those
    /// that an upgrade has brought.
    pub closed: Vec<ClosedInfo>,
    /// The number of times that a time limit was reached, by its option.
    pub timeouts: Timeouts,
    /// The number of messages that weren't taken, as the mailbox of their connection was full.
    pub full_mailboxes: u64,
    /// The number of handshakes that failed or took too long, of TLS and of the PROXY protocol.
    pub failed_handshakes: u64,
    /// The number of frames that were handled.
    pub calls: u64,
    /// The number of bytes received.
    pub bytes_in: u64,
    /// The number of bytes sent.
    pub bytes_out: u64,
    /// The number of restarts of acceptors and other children.
    pub restarts: u64,
    /// The number of calls of each arm of the table, in the table's order.
    pub arms: Vec<ArmInfo>,
    /// The number of current connections in each state of the protocol, the initial one first;
    /// empty if it has none.
    pub states: Vec<StateInfo>,
}

impl Server {
    pub(crate) fn new(inner: Inner) -> Self {
        Server { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Returns the number of the server, which no other in this process has: those of servers that
    /// start later are higher.
    pub fn number(&self) -> u64 {
        self.inner.number
    }

    /// Returns the server's name in log lines: its registered name, or else the name of its type.
    pub fn label(&self) -> &'static str {
        self.inner.label
    }

    /// Returns the IP address and the port that the server listens on: of several listeners, those
    /// of the first that has them, which is that of `port`.
    ///
    /// With `port = 0` the port is the one that the system chose. It stays the same while the port
    /// is released. A server in memory or on Unix sockets alone has no port, and returns the
    /// unspecified `0.0.0.0:0`; [`local_addrs`](Self::local_addrs) tells that apart.
    pub fn local_addr(&self) -> SocketAddr {
        let unspecified = SocketAddr::from(([0, 0, 0, 0], 0));
        self.listen_addr().socket_addr().unwrap_or(unspecified)
    }

    /// Returns every address that the server listens on: that of `port`, then those of `listen` in
    /// their order.
    pub fn local_addrs(&self) -> Vec<LocalAddr> {
        self.inner.listeners.endpoint().local_addrs()
    }

    /// Returns the addresses as text.
    pub(crate) fn listens_on(&self) -> String {
        suggest::join(self.local_addrs().iter().map(ToString::to_string), "and")
    }

    /// Returns whether the server's frames are items of a codec.
    pub(crate) fn takes_items(&self) -> bool {
        let acceptors = self.inner.acceptors.get().and_then(Weak::upgrade);
        acceptors.is_some_and(|acceptors| acceptors.takes_items())
    }

    pub(crate) fn listen_addr(&self) -> LocalAddr {
        self.inner.listeners.endpoint().local_addr()
    }

    /// Returns the address of the health check, if the server has one ([`Options::health`]).
    pub fn health_addr(&self) -> Option<SocketAddr> {
        self.inner.health_addr
    }

    /// Returns the address of the agent check, if the server has one ([`Options::agent_check`]).
    pub fn agent_check_addr(&self) -> Option<SocketAddr> {
        self.inner.agent_check_addr
    }

    /// Returns how many connections are served now, and how many may be at one time.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.inner.monitor.curr_connections(), self.inner.slots.max())
    }

    /// Returns the state and the figures of the server.
    pub fn info(&self) -> ServerInfo {
        let Inner {
            monitor,
            options,
            supervisor,
            refusals,
            handshakes,
            timeouts,
            full_mailboxes,
            ..
        } = &*self.inner;
        let totals = monitor.totals();
        let (curr_connections, max_processes) = self.load();
        ServerInfo {
            name: options.name,
            local_addr: self.listen_addr(),
            local_addrs: self.local_addrs(),
            state: self.state(),
            curr_connections,
            max_processes,
            accepted: monitor.accepted(),
            refused: refusals.counts(),
            closed: monitor.closed(),
            timeouts: timeouts.counts(),
            full_mailboxes: full_mailboxes.load(Relaxed),
            failed_handshakes: handshakes.failed(),
            calls: totals.calls,
            bytes_in: totals.received,
            bytes_out: totals.sent,
            restarts: supervisor.restarts(),
            arms: self.inner.arms.info(),
            states: monitor.by_state(self.inner.states),
        }
    }

    /// Returns the times of calls, for each arm of the table in its order, if the option
    /// [`latency`](Options::latency) counts them. Calls that entered no arm are the last, if there
    /// are any.
    ///
    /// It is read without holding up any call, so a call that ends meanwhile may be counted and not
    /// be in the sum yet.
    #[cfg(feature = "metrics")]
    pub fn latency(&self) -> Vec<ArmLatency> {
        let times = self.inner.arms.times.as_ref();
        times.map(CallTimes::of_arms).unwrap_or_default()
    }

    /// Returns the options that the server runs under, and the source of each: the attribute, the
    /// environment or the program.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kai_tcp_server::{Action, OptionSource, start, tcp_server, with};
    /// # struct Echo;
    /// # #[tcp_server(port = 10000, recv_timeout = "90s")]
    /// # impl Echo {
    /// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(with(Echo, Echo::OPTIONS.port(0))).await?;
    /// for option in server.options() {
    ///     println!("{option}");
    ///     match option.name {
    ///         "port" => assert_eq!(option.source, OptionSource::Program),
    ///         "recv_timeout" => assert_eq!(option.to_string(), "recv_timeout = 90s (attribute)"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn options(&self) -> Vec<OptionInfo> {
        listing::list(&self.running())
    }

    /// Returns the current options.
    fn running(&self) -> Options {
        let Inner { live, slots, .. } = &*self.inner;
        let (options, max_processes) = (*live.get(), slots.max());
        if max_processes == options.max_processes {
            options
        } else {
            options.max_processes(max_processes)
        }
    }

    /// Returns the current connections, longest-lived first.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.inner
            .monitor
            .links()
            .iter()
            .map(|link| ConnectionInfo::of(link, self.inner.states))
            .collect()
    }

    /// Returns the current supervision tree, which displays as text.
    pub fn tree(&self) -> Tree {
        let Inner {
            label,
            supervisor,
            monitor,
            ..
        } = &*self.inner;
        let links = monitor.links();
        let mut root = format!("{label} on {}", self.listens_on());
        let state = self.state();
        if state != ServerState::Listening {
            root = format!("{root}, {state}");
        }
        let mut tree = supervisor.tree(root);
        let (acceptors, mut children): (Vec<_>, Vec<_>) = tree
            .children
            .into_iter()
            .partition(|child| child.label.starts_with(ACCEPTOR));
        children.push(Tree::leaf(format!("monitor: {} connected", links.len())));
        children.extend(links.iter().map(|link| {
            let (id, peer) = (link.id, link.peer_addr());
            Tree::leaf(match link.acceptor() {
                Some(number) => format!("{ACCEPTOR}{number} serves {id} from {peer}"),
                None => format!("{id} from {peer} is accepted"),
            })
        }));
        match acceptors.len().saturating_sub(links.len()) {
            0 => {}
            1 => children.push(Tree::leaf("1 idle acceptor")),
            idle => children.push(Tree::leaf(format!("{idle} idle acceptors"))),
        }
        tree.children = children;
        tree
    }

    /// Closes one connection, as [`Peer::close`](crate::Peer::close) does. Returns false if no
    /// connection has this id.
    ///
    /// A connection exists until its lingering close is over, which may be a second after the
    /// `closed` callback ran.
    pub fn close(&self, id: ConnectionId) -> bool {
        self.inner.monitor.kick(id)
    }

    /// Returns the current state.
    pub(crate) fn state(&self) -> ServerState {
        let ended = self.inner.ended.borrow().is_some() || self.inner.ended.has_changed().is_err();
        let leaving = *self.inner.leaving.borrow();
        match self.inner.listeners.phase() {
            _ if ended => ServerState::Stopped,
            _ if leaving => ServerState::Stopping,
            ListenPhase::Open | ListenPhase::HandingOver => ServerState::Listening,
            ListenPhase::Suspended(port) => ServerState::Suspended(port),
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            ListenPhase::GivenAway => ServerState::Stopping,
            ListenPhase::Closed => ServerState::Stopping,
        }
    }

    /// Returns an error if the server is stopping or has stopped, because it can't be changed then.
    pub(crate) fn goes_on(&self) -> Result {
        match self.state() {
            ServerState::Listening | ServerState::Suspended(_) => Ok(()),
            ServerState::Stopping => Err(Error::new(ErrorKind::NotRunning, "the server is stopping")),
            ServerState::Stopped => Err(Error::new(ErrorKind::NotRunning, "the server has stopped")),
        }
    }

    /// Connects to a server that has no port ([`Options::in_memory`]).
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotRunning`] if the server has stopped or its port is released, and
    /// [`ErrorKind::Options`] if it has a port.
    pub async fn connect(&self) -> Result<DuplexStream> {
        let Some(connector) = self.inner.listeners.endpoint().connector() else {
            return Err(Error::new(
                ErrorKind::Options,
                "this server has a port: connect() is for Options::in_memory",
            ));
        };
        if self.inner.listeners.phase() == ListenPhase::Suspended(SuspendedPort::Released) {
            return Err(Error::new(
                ErrorKind::NotRunning,
                "the server is suspended, and its port is released",
            ));
        }
        let gone = |_| Error::new(ErrorKind::NotRunning, "the server has stopped");
        connector.connect().await.map_err(gone)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} {})", self.label(), self.listens_on())
    }
}
