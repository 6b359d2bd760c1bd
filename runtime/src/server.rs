//! The handle of a running server.

mod control;
pub(crate) mod monitor;
pub(crate) mod permit;
pub(crate) mod registry;
mod stop;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, Weak};

use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::accept::acceptor_slots::AcceptorSlots;
use crate::accept::listener_set::{ListenerSet, Phase, SuspendedPort};
use crate::accept::peer_filter::PeerFilter;
use crate::accept::refused::{Refusals, Refused};
use crate::error::{Error, ErrorKind, Result};
use crate::io::link::ConnectionId;
use crate::options::Options;
use crate::options::listing::{self, OptionInfo};
use crate::options::reload::OptionsCell;
use crate::server::monitor::{ConnectionInfo, Monitor};
use crate::supervisor::{Supervisor, Tree};
use crate::table::arm::ArmInfo;
use crate::table::counters::Counters;

pub(crate) use self::stop::Ended;
pub use self::stop::{Stopped, Stopping};

/// What the names of acceptors in the supervision tree begin with.
pub(crate) const ACCEPTOR: &str = "acceptor_";

/// How many bytes an in-memory connection carries before its reader must read.
const IN_MEMORY_BUFFER: usize = 64 * 1024;

/// The handle of a running server. A clone is the same server; dropping it stops nothing.
///
/// The server lives as long as its runtime. So a `main` that starts one waits for it, by [`wait`](Server::wait), or it ends at once, and the
/// server with it.
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
    pub(crate) label: &'static str,
    pub(crate) local_addr: SocketAddr,
    pub(crate) options: Options,
    pub(crate) supervisor: Supervisor,
    pub(crate) monitor: Monitor,
    /// The acceptors, which are started as they are needed.
    pub(crate) slots: AcceptorSlots,
    pub(crate) peer_filter: PeerFilter,
    pub(crate) refusals: Refusals,
    /// Set as soon as there are acceptors.
    pub(crate) acceptors: OnceLock<Weak<dyn StandBy>>,
    pub(crate) listeners: ListenerSet,
    pub(crate) live: Arc<OptionsCell>,
    /// Asks the server's own task to ask for the options to go on under.
    pub(crate) reloads: mpsc::Sender<oneshot::Sender<()>>,
    /// Whether it was told to stop: it goes on for `stop_delay`.
    pub(crate) leaving: watch::Sender<bool>,
    pub(crate) health_addr: Option<SocketAddr>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
    pub(crate) memory: Option<mpsc::Sender<DuplexStream>>,
    pub(crate) arms: Counters,
}

impl Inner {
    /// Accepts at a shard, where somebody has come and nobody had a turn to accept yet.
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

/// The acceptors, as a handle knows them that doesn't know what they serve.
pub(crate) trait StandBy: Send + Sync {
    /// Sees to it that somebody waits for the next connection, if `max_processes` allows it.
    fn stand_by(self: Arc<Self>);

    /// Accepts those who have come at a shard, as one who has a turn there before the one whose turn it is to accept.
    fn accept_for_others(&self, shard: u16);

    /// No acceptor serves any more: whoever waits for one that was to is closed.
    fn end(&self);
}

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerState {
    /// It takes connections.
    Listening,
    /// It takes none, and serves those that there are ([`Server::suspend`]).
    Suspended(SuspendedPort),
    /// It was told to stop: for `stop_delay` it goes on, then its running calls have their last time.
    Stopping,
    /// It has ended.
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

/// What a server is and has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The name that it is registered under.
    pub name: Option<&'static str>,
    /// Where it listens.
    pub local_addr: SocketAddr,
    /// Whether it does.
    pub state: ServerState,
    /// How many connections are served now.
    pub curr_connections: usize,
    /// How many are served at one time, as it is now ([`Server::set_max_processes`]).
    pub max_processes: usize,
    /// How many connections were accepted to be served.
    pub accepted: u64,
    /// How many were turned away.
    pub refused: Refused,
    /// How many frames were handled.
    pub calls: u64,
    /// How many bytes came.
    pub bytes_in: u64,
    /// How many bytes went out.
    pub bytes_out: u64,
    /// How often an acceptor or another child was restarted.
    pub restarts: u64,
    /// How often each arm of the table was called, in the table's order.
    pub arms: Vec<ArmInfo>,
}

impl Server {
    pub(crate) fn new(inner: Inner) -> Self {
        Server { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// What log lines call it: its name, else its type's.
    pub(crate) fn label(&self) -> &'static str {
        self.inner.label
    }

    /// The address that it listens on, with the port that it got if it asked for a free one.
    pub fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr
    }

    /// Where it says whether it is ready, if it does ([`Options::health`]).
    pub fn health_addr(&self) -> Option<SocketAddr> {
        self.inner.health_addr
    }

    /// What it is and has done.
    pub fn info(&self) -> ServerInfo {
        let Inner {
            monitor,
            options,
            supervisor,
            slots,
            refusals,
            ..
        } = &*self.inner;
        let totals = monitor.totals();
        ServerInfo {
            name: options.name,
            local_addr: self.inner.local_addr,
            state: self.state(),
            curr_connections: monitor.curr_connections(),
            max_processes: slots.max(),
            accepted: monitor.accepted(),
            refused: refusals.counts(),
            calls: totals.calls,
            bytes_in: totals.received,
            bytes_out: totals.sent,
            restarts: supervisor.restarts(),
            arms: self.inner.arms.info(),
        }
    }

    /// The options that it runs under, and where each came from: the attribute, the environment, the program.
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

    /// The options of the moment.
    fn running(&self) -> Options {
        let Inner { live, slots, .. } = &*self.inner;
        let (options, max_processes) = (*live.get(), slots.max());
        if max_processes == options.max_processes {
            options
        } else {
            options.max_processes(max_processes)
        }
    }

    /// Who is connected, longest first.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.inner
            .monitor
            .links()
            .iter()
            .map(|link| ConnectionInfo::of(link))
            .collect()
    }

    /// The supervision tree as it is now; displays as text.
    pub fn tree(&self) -> Tree {
        let Inner {
            label,
            local_addr,
            supervisor,
            monitor,
            ..
        } = &*self.inner;
        let links = monitor.links();
        let mut root = format!("{label} on {local_addr}");
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
            let (id, peer) = (link.id, link.peer_addr);
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

    /// Closes one connection, as [`Peer::close`](crate::Peer::close) does. False: there is none of this number.
    ///
    /// A connection is there until the goodbye of TCP is over, which may be a second after `closed` was told.
    pub fn close(&self, id: ConnectionId) -> bool {
        self.inner.monitor.kick(id)
    }

    /// What it does at this moment.
    pub(crate) fn state(&self) -> ServerState {
        let ended = self.inner.ended.borrow().is_some() || self.inner.ended.has_changed().is_err();
        let leaving = *self.inner.leaving.borrow();
        match self.inner.listeners.phase() {
            _ if ended => ServerState::Stopped,
            _ if leaving => ServerState::Stopping,
            Phase::Open => ServerState::Listening,
            Phase::Suspended(port) => ServerState::Suspended(port),
            Phase::Closed => ServerState::Stopping,
        }
    }

    /// Nothing of a server that stops or has stopped can be changed.
    fn goes_on(&self) -> Result {
        match self.state() {
            ServerState::Listening | ServerState::Suspended(_) => Ok(()),
            ServerState::Stopping => Err(Error::new(ErrorKind::NotRunning, "the server stops")),
            ServerState::Stopped => Err(Error::new(ErrorKind::NotRunning, "the server has stopped")),
        }
    }

    /// Connects to a server that has no port ([`Options::in_memory`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotRunning`] when it has stopped or its port is released, [`ErrorKind::Options`] when it has a port.
    pub async fn connect(&self) -> Result<DuplexStream> {
        let Some(memory) = &self.inner.memory else {
            return Err(Error::new(
                ErrorKind::Options,
                "this server has a port: connect() is for Options::in_memory",
            ));
        };
        let (client, server) = tokio::io::duplex(IN_MEMORY_BUFFER);
        if self.inner.listeners.phase() == Phase::Suspended(SuspendedPort::Released) {
            return Err(Error::new(
                ErrorKind::NotRunning,
                "the server is suspended, and its port released",
            ));
        }
        let gone = || Error::new(ErrorKind::NotRunning, "the server has stopped");
        memory.send(server).await.map_err(|_| gone())?;
        Ok(client)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} {})", self.label(), self.local_addr())
    }
}
