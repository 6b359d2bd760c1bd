//! The handle of a running server.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};

use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::check;
use crate::descriptors;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Gate, Phase, Port};
use crate::link::ConnectionId;
use crate::log::Quoted;
use crate::monitor::{ConnectionInfo, Monitor};
use crate::options::Options;
use crate::options::environment::Configured;
use crate::options::listing::{self, OptionInfo};
use crate::options::reload::{Change, Live};
use crate::processes::Processes;
use crate::protocol::{ArmInfo, Counters};
use crate::reason::ExitReason;
use crate::refused::{Refusals, Refused};
use crate::supervisor::{Supervisor, Tree};

/// What the names of acceptors in the supervision tree begin with.
pub(crate) const ACCEPTOR: &str = "acceptor_";

/// How many bytes an in-memory connection carries before its reader must read.
const IN_MEMORY_BUFFER: usize = 64 * 1024;

/// The handle of a running server. A clone is the same server; dropping it stops nothing.
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
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) label: &'static str,
    pub(crate) local_addr: SocketAddr,
    pub(crate) options: Options,
    pub(crate) supervisor: Supervisor,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) processes: Arc<Processes>,
    pub(crate) refusals: Refusals,
    /// Set as soon as there are acceptors.
    pub(crate) acceptors: OnceLock<Weak<dyn StandBy>>,
    pub(crate) gate: Gate,
    pub(crate) live: Arc<Live>,
    /// Asks the server's own task to ask for the options to go on under.
    pub(crate) reloads: mpsc::Sender<oneshot::Sender<()>>,
    /// Whether it was told to stop: it goes on for `stop_delay`.
    pub(crate) leaving: watch::Sender<bool>,
    pub(crate) health_addr: Option<SocketAddr>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
    pub(crate) memory: Option<mpsc::Sender<DuplexStream>>,
    pub(crate) arms: Counters,
}

/// The acceptors, as a handle knows them that doesn't know what they serve.
pub(crate) trait StandBy: Send + Sync {
    /// Sees to it that somebody waits for the next connection, if `max_processes` allows it.
    fn stand_by(self: Arc<Self>);
}

/// How a server ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: ExitReason,
    pub(crate) stopped: Stopped,
}

/// What a stop did to the connections that there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// How many ended in good order: idle, or after their running call.
    pub finished: usize,
    /// How many were cut, as the time that `shutdown` gives was over.
    pub cut: usize,
    /// How many waited in the backlog to be served, and were closed in good order without a word.
    pub unserved: usize,
}

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It takes connections.
    Listening,
    /// It takes none, and serves those that there are ([`Server::suspend`]).
    Suspended(Port),
    /// It was told to stop: for `stop_delay` it goes on, then its running calls have their last time.
    Stopping,
    /// It has ended.
    Stopped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Listening => f.write_str("listening"),
            State::Suspended(Port::Kept) => f.write_str("suspended"),
            State::Suspended(Port::Released) => f.write_str("suspended, port released"),
            State::Stopping => f.write_str("stopping"),
            State::Stopped => f.write_str("stopped"),
        }
    }
}

/// What a server is and has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Info {
    /// The name that it is registered under.
    pub name: Option<&'static str>,
    /// Where it listens.
    pub local_addr: SocketAddr,
    /// Whether it does.
    pub state: State,
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
    pub fn info(&self) -> Info {
        let Inner {
            monitor,
            options,
            supervisor,
            processes,
            refusals,
            ..
        } = &*self.inner;
        let totals = monitor.totals();
        Info {
            name: options.name,
            local_addr: self.inner.local_addr,
            state: self.state(),
            curr_connections: monitor.curr_connections(),
            max_processes: processes.max(),
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
    /// # use kai_tcp_server::{Action, Source, start, tcp_server, with};
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
    ///         "port" => assert_eq!(option.source, Source::Program),
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
        let Inner { live, processes, .. } = &*self.inner;
        let (options, max_processes) = (*live.get(), processes.max());
        if max_processes == options.max_processes {
            options
        } else {
            options.max_processes(max_processes)
        }
    }

    /// Changes how many connections are served at one time, from now on.
    ///
    /// It is as exact as the option: raised, who waits is served at once; lowered, nobody is cut, and nobody new is served until fewer
    /// than `max_processes` are. The acceptors beyond it end when their connections do, idle ones at once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Options`] for 0, [`ErrorKind::NotRunning`] when the server has been told to stop or has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kai_tcp_server::{Action, start, tcp_server, with};
    /// # struct Echo;
    /// # #[tcp_server(port = 0, max_processes = 2)]
    /// # impl Echo {
    /// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(Echo).await?;
    /// server.set_max_processes(100)?;
    /// assert_eq!(server.info().max_processes, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_max_processes(&self, max_processes: usize) -> Result {
        if let Some(problem) = check::max_processes(max_processes) {
            return Err(Error::new(ErrorKind::Options, problem));
        }
        let Inner {
            processes,
            acceptors,
            gate,
            ended,
            ..
        } = &*self.inner;
        let acceptors = acceptors.get().and_then(Weak::upgrade);
        let over = gate.phase() == Phase::Closed || ended.borrow().is_some();
        let Some(acceptors) = acceptors.filter(|_| !over) else {
            return Err(Error::new(ErrorKind::NotRunning, "the server has stopped"));
        };
        processes.set_max(max_processes);
        acceptors.stand_by();
        descriptors::compare(self.label(), &self.inner.options, max_processes);
        tracing::info!(name: "max_processes set", server = self.label(), max_processes, "{max_processes} connections at a time from now on");
        Ok(())
    }

    /// Goes on under other options, as far as they can change while it runs, and says what differs.
    ///
    /// `max_processes`, the limits of time and size, `mailbox`, `nodelay`, `keepalive`, `accept_error_sleep_time`, `shutdown` and `stop_delay` can change:
    /// connections that begin from now on have them, and those that there are keep theirs. What else differs stays as it is, which
    /// [`Change::applied`] says, and a warning. What `options` doesn't say of the protocol stays too. The environment is laid over them as at the start, where they ask for
    /// that.
    ///
    /// # Errors
    ///
    /// Nothing changes after an error: [`ErrorKind::Options`], [`ErrorKind::NotRunning`] when the server stops or has stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// # use kai_tcp_server::{Action, start, tcp_server};
    /// # struct Echo;
    /// # #[tcp_server(port = 0)]
    /// # impl Echo {
    /// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(Echo).await?;
    /// let changes = server.reload(Echo::OPTIONS.recv_timeout(Duration::from_secs(30)).backlog(64))?;
    /// assert_eq!(changes[0].to_string(), "recv_timeout = 30s (was 5m)");
    /// assert_eq!(changes[1].to_string(), "backlog stays 1024: 64 needs a restart");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reload(&self, options: Options) -> Result<Vec<Change>> {
        let configured = Configured::new(options.asked_of(&self.inner.options))?;
        if matches!(self.state(), State::Stopping | State::Stopped) {
            return Err(Error::new(ErrorKind::NotRunning, "the server has stopped"));
        }
        let server = self.label();
        configured.tell(server);
        let changes = self.inner.live.change(&self.running(), &configured.options);
        for change in &changes {
            let (option, said) = (change.name, Quoted(change));
            if change.applied {
                tracing::info!(name: "option changed", server, option, "{server}: {said}");
            } else {
                tracing::warn!(name: "option not changed", server, option, "{server}: {said}");
            }
        }
        if changes.iter().any(|change| change.name == "max_processes") {
            self.set_max_processes(configured.options.max_processes)?;
        }
        Ok(changes)
    }

    /// Asks the server itself for the options to go on under, by its callback `reload`; its log says what came of it.
    pub(crate) async fn ask_to_reload(&self) {
        let (done, answered) = oneshot::channel();
        if self.inner.reloads.send(done).await.is_ok() {
            let _ = answered.await;
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
        if state != State::Listening {
            root = format!("{root}, {state}");
        }
        let mut tree = supervisor.tree(root);
        let (acceptors, mut children): (Vec<_>, Vec<_>) = tree
            .children
            .into_iter()
            .partition(|child| child.label.starts_with(ACCEPTOR));
        children.push(Tree::new(format!("monitor: {} connected", links.len())));
        children.extend(links.iter().map(|link| {
            Tree::new(format!(
                "{ACCEPTOR}{} serves {} from {}",
                link.acceptor, link.id, link.peer_addr
            ))
        }));
        match acceptors.len().saturating_sub(links.len()) {
            0 => {}
            1 => children.push(Tree::new("1 idle acceptor")),
            idle => children.push(Tree::new(format!("{idle} idle acceptors"))),
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

    /// Suspends the server: nobody is accepted, and who is connected is served on. Begins at once, from anywhere, a callback included.
    ///
    /// [`Port::Kept`] keeps the port open, so that who connects waits in the kernel's backlog. [`Port::Released`] closes it, for another
    /// process to have it; those who wait in the backlog then are closed in good order, unserved. In both cases [`resume`](Self::resume) goes
    /// on. A server that is suspended can be suspended anew to release its port, and one that stops isn't suspended any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, Port, State, start, tcp_server};
    ///
    /// struct Echo;
    ///
    /// #[tcp_server(port = 0)]
    /// impl Echo {
    ///     fn handle_call(&self, data: &[u8]) -> Action {
    ///         reply(data)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(Echo).await?;
    /// server.suspend(Port::Kept);
    /// assert_eq!(server.info().state, State::Suspended(Port::Kept));
    /// server.resume().await?;
    /// assert_eq!(server.info().state, State::Listening);
    /// # Ok(())
    /// # }
    /// ```
    pub fn suspend(&self, port: Port) {
        if self.inner.gate.suspend(port) {
            let server = self.label();
            tracing::info!(name: "suspended", server, %port, "{server} is suspended, its port is {port}");
        }
    }

    /// Goes on after [`suspend`](Self::suspend). Nothing happens where the server wasn't suspended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Listen`] when the port was released and can't be had any more: the server stays suspended then, and this can be tried
    /// again. [`ErrorKind::NotRunning`] when the server stops or has stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the server either suspended or resumed.
    pub async fn resume(&self) -> Result {
        if self.inner.gate.resume().await? {
            let server = self.label();
            tracing::info!(name: "resumed", server, "{server} takes connections again");
        }
        Ok(())
    }

    /// What it does at this moment.
    pub(crate) fn state(&self) -> State {
        let ended = self.inner.ended.borrow().is_some();
        let leaving = *self.inner.leaving.borrow();
        match self.inner.gate.phase() {
            _ if ended => State::Stopped,
            _ if leaving => State::Stopping,
            Phase::Open => State::Listening,
            Phase::Suspended(port) => State::Suspended(port),
            Phase::Closed => State::Stopping,
        }
    }

    /// Whether a stop goes on serving for a while.
    pub(crate) fn delays_its_stop(&self) -> bool {
        *self.inner.leaving.borrow() && self.inner.gate.phase() != Phase::Closed
    }

    /// Stops the server gracefully: the port closes, who waits in the backlog is closed in good order, idle connections say goodbye
    /// ([`stopping`](crate::TcpServer::stopping)) and end, running calls finish within `shutdown`, and what
    /// is left then is cut.
    ///
    /// Begins at once, from anywhere, a callback included; await it for what became of the connections. A second stop is the
    /// first one, and skips what is left of [`stop_delay`](Options::stop_delay), for which the first one goes on serving.
    pub fn stop(&self) -> Stopping {
        let again = self.inner.leaving.send_replace(true);
        if again || self.inner.live.get().stop_delay.is_zero() {
            // Here rather than in the server's own task, so that a callback that stops it is the last one of its connection.
            self.inner.monitor.stop();
            self.inner.gate.close();
        }
        Stopping { server: self.clone() }
    }

    /// Ends a stop now: calls that run are cut.
    pub(crate) fn cut(&self) {
        self.inner.monitor.stop();
        self.inner.gate.close();
        self.inner.monitor.cut();
    }

    /// Waits until the server has ended. Many may wait.
    ///
    /// # Errors
    ///
    /// Why it ended by itself: [`ErrorKind::RestartIntensity`], caused by the exit that was one too many.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future only stops waiting.
    pub async fn wait(&self) -> Result {
        match self.ended().await.reason {
            ExitReason::Stopped => Ok(()),
            ExitReason::RestartIntensity => {
                let Options {
                    max_restarts,
                    restart_period,
                    ..
                } = self.inner.options;
                let message = format!(
                    "{} ended as its restart intensity was exceeded: more than {max_restarts} restarts within {restart_period:?}",
                    self.label()
                );
                let error = Error::new(ErrorKind::RestartIntensity, message);
                Err(match self.inner.supervisor.fault() {
                    Some(fault) => error.caused_by(fault),
                    None => error,
                })
            }
        }
    }

    async fn ended(&self) -> Ended {
        let mut ended = self.inner.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ended) => (*ended).unwrap_or(Ended::TORN_DOWN),
            Err(_) => Ended::TORN_DOWN,
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
        if self.inner.gate.phase() == Phase::Suspended(Port::Released) {
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

impl Ended {
    /// The runtime was dropped before the server could end.
    const TORN_DOWN: Ended = Ended {
        reason: ExitReason::Stopped,
        stopped: Stopped {
            finished: 0,
            cut: 0,
            unserved: 0,
        },
    };
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} {})", self.label(), self.local_addr())
    }
}

/// A stop that has begun. Await it for its result; dropping it lets the stop go on.
#[derive(Debug)]
#[must_use = "await it to know when the server has stopped, or drop it: the stop goes on"]
pub struct Stopping {
    server: Server,
}

impl IntoFuture for Stopping {
    type Output = Stopped;
    type IntoFuture = Pin<Box<dyn Future<Output = Stopped> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.server.ended().await.stopped })
    }
}
