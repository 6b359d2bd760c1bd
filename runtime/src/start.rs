//! Starts servers under the caller's runtime. `lifecycle` ends them, `child` makes them children of
//! a supervisor, `status` answers whether they are ready.

pub(crate) mod child;
pub(crate) mod lifecycle;
pub(crate) mod status;
#[cfg(feature = "tls-provider")]
mod tls_watch;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, OnceLock, Weak};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use self::lifecycle::{Ending, spawn_lifecycle};
use self::status::{Kind, StatusPort};
use crate::accept::acceptor_slots::AcceptorSlots;
use crate::accept::listener_set::ListenerSet;
use crate::accept::peer_filter::PeerFilter;
use crate::accept::refused::Refusals;
use crate::acceptor::Acceptors;
use crate::api::tcp_server::TcpServer;
use crate::connection::context::{Context, Logs};
use crate::connection::drive;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::options::environment::Configured;
use crate::options::overload::Overload;
use crate::options::reload::OptionsCell;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
use crate::server::freezer::Freezer;
use crate::server::handshakes::Handshakes;
#[cfg(feature = "inspect")]
use crate::server::inspections::Inspections;
use crate::server::monitor::Monitor;
use crate::server::registry::{self, Name};
use crate::server::timeouts::TimeoutCounts;
use crate::server::{Inner, Server};
use crate::supervisor::Supervisor;
use crate::table::arm::ListedArm;
use crate::table::counters::Counters;
#[cfg(feature = "inspect")]
use crate::table::protocol::Protocol;
use crate::table::state::{self, ListedState};
use crate::transport;
use crate::transport::given::GivenListener;
use crate::transport::listener::Endpoint;
use crate::transport::passed::Passed;
use crate::transport::tls::set::TlsSet;
use crate::upgrade::{self, Inherited};

/// Starts a server under the caller's tokio runtime. Returns once the port is open.
///
/// The server runs until it is stopped, whether its handle is kept or not.
///
/// # Errors
///
/// Nothing listens after an error:
///
/// - [`ErrorKind::Options`] if an option has an unusable value, or a file of TLS can't be used,
/// - [`ErrorKind::AlreadyStarted`] if its name is taken,
/// - [`ErrorKind::Init`] if its `init` failed,
/// - [`ErrorKind::Listen`] if the port can't be opened.
///
/// # Panics
///
/// Panics outside of a tokio runtime that has I/O and time enabled.
///
/// # Cancel safety
///
/// Dropping the future before it is done leaves nothing behind.
pub async fn start<S: TcpServer>(server: S) -> Result<Server> {
    start_with(server, &[], None).await
}

/// Starts a server on a listener that the program has: one that it inherited, took from somewhere
/// else, or opened before it gave up its privileges, or one of its own kind
/// ([`Listener`](crate::transport::Listener)). Otherwise as [`start`].
///
/// The server doesn't use its options `port`, `ip`, `listen`, `backlog` and `reuseaddr`. It keeps
/// the listener until it ends. Others may have the same socket, so it is never emptied nor shut
/// down: clients that wait when the server ends are served by whoever listens next, and reset if
/// nobody has it. While the server is suspended with its port released
/// ([`Server::suspend`](crate::Server::suspend)), clients wait as well. What happens then to a
/// listener of the program's own kind, [its trait](crate::transport::Listener) says.
///
/// # Errors
///
/// Those of [`start`]. [`ErrorKind::Listen`] if the listener can't be used, such as a socket that
/// doesn't listen.
///
/// # Panics
///
/// Panics outside of a tokio runtime that has I/O and time enabled.
///
/// # Cancel safety
///
/// Dropping the future before it is done leaves nothing behind, and closes the listener.
///
/// # Examples
///
/// ```
/// # use kai_tcp_server::{Action, start_on, tcp_server};
/// # struct Echo;
/// # #[tcp_server(port = 10000)]
/// # impl Echo {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> kai_tcp_server::Result {
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let addr = listener.local_addr()?;
/// let server = start_on(Echo, listener).await?;
/// assert_eq!(server.local_addr(), addr);
/// # Ok(())
/// # }
/// ```
pub async fn start_on<S: TcpServer>(server: S, listener: impl Into<GivenListener>) -> Result<Server> {
    start_with(server, &[], Some(listener.into())).await
}

/// Starts a server whose acceptors live on `cores`, a shard for each; on the caller's runtime, if
/// there are none.
pub(crate) async fn start_with<S: TcpServer>(
    server: S,
    cores: &[Handle],
    given: Option<GivenListener>,
) -> Result<Server> {
    let started = start_or_fail(server, cores, given).await;
    started.inspect_err(upgrade::failed)
}

async fn start_or_fail<S: TcpServer>(server: S, cores: &[Handle], given: Option<GivenListener>) -> Result<Server> {
    let mut options = server.options().active_by_default(S::TAKES_MESSAGES);
    if given.is_some() {
        options = options.on_a_given_listener();
    }
    let plan = Plan::new(options, S::label)?;
    let mut tls = tls_of(&server);
    let mut inherited = Inherited::of(plan.label)?;
    let endpoint = endpoint(&plan.options, given, &mut tls, &mut inherited.passed)?;
    let supervisor = plan.supervisor.clone();
    // If something fails from here on, or if this future is dropped, what `init` started ends.
    let guard = StopOnDrop(Some(supervisor.clone()));
    let started = start_under(plan, endpoint, tls, server, cores, &mut inherited).await;
    if started.is_err() {
        supervisor.stop();
        supervisor.wait().await;
    }
    guard.disarm();
    let started = started?;
    inherited.started(&started, !cores.is_empty());
    Ok(started)
}

/// A server to be started, without its type: what needs no more than this is compiled once, not for
/// each server.
struct Plan {
    options: Options,
    label: &'static str,
    name: Option<Name>,
    supervisor: Supervisor,
}

impl Plan {
    fn new(options: Options, label: fn() -> &'static str) -> Result<Self> {
        let configured = Configured::new(options)?;
        let options = configured.options;
        let name = options.name.map(Name::take).transpose()?;
        let label = options.name.unwrap_or_else(label);
        configured.tell(label);
        let supervisor = Supervisor::named(label, options.max_restarts, options.restart_period);
        Ok(Plan {
            options,
            label,
            name,
            supervisor,
        })
    }
}

/// Starts a server under its own supervisor.
async fn start_under<S: TcpServer>(
    plan: Plan,
    endpoint: Box<dyn Endpoint>,
    tls: TlsSet,
    mut server: S,
    cores: &[Handle],
    inherited: &mut Inherited,
) -> Result<Server> {
    drive::alone(pin!(async { server.init(&plan.supervisor).await }))
        .await
        .map_err(|error| init_failed(plan.label, error))?;
    let (handle, ending) = open(&plan, endpoint, tls, Listed::of::<S>(), cores, inherited)?;
    #[cfg(feature = "record")]
    crate::record::by_options(&handle).await?;
    let context = Arc::new(Context {
        server,
        options: plan.options,
        handle: handle.clone(),
        log: Logs::default(),
    });
    let acceptors = Acceptors::new(Arc::clone(&context), cores);
    let standing_by: Weak<Acceptors<S>> = Arc::downgrade(&acceptors);
    let _ = handle.inner().acceptors.set(standing_by);
    acceptors.start()?;
    acceptors.start_refuser()?;
    spawn_lifecycle(plan, context, acceptors, ending);
    Ok(handle)
}

fn init_failed(label: &str, error: drive::CallbackError) -> Error {
    match error {
        drive::CallbackError::Failed(error) => {
            Error::new(ErrorKind::Init, format!("init of {label} failed")).caused_by(error)
        }
        error => Error::new(ErrorKind::Init, format!("init of {label} failed: {error}")),
    }
}

/// Returns the TLS configurations, with the server's own if it has one.
#[cfg(feature = "tls-provider")]
fn tls_of<S: TcpServer>(server: &S) -> TlsSet {
    TlsSet::new(server.tls_config())
}

#[cfg(not(feature = "tls-provider"))]
fn tls_of<S: TcpServer>(_: &S) -> TlsSet {
    TlsSet
}

fn endpoint(
    options: &Options,
    given: Option<GivenListener>,
    tls: &mut TlsSet,
    passed: &mut Passed,
) -> Result<Box<dyn Endpoint>> {
    match given {
        // It stands for the port.
        Some(given) => transport::over_port(given.into_endpoint()?, options, tls),
        None => transport::endpoint(options, tls, passed),
    }
}

/// The parts of its table that the type of a server says.
#[derive(Clone, Copy)]
struct Listed {
    arms: &'static [ListedArm],
    states: &'static [ListedState],
    #[cfg(feature = "inspect")]
    protocol: Option<&'static Protocol>,
}

impl Listed {
    fn of<S: TcpServer>() -> Self {
        Listed {
            arms: S::ARMS,
            states: S::STATES,
            #[cfg(feature = "inspect")]
            protocol: S::protocol(),
        }
    }
}

/// Opens the ports and creates the handle.
fn open(
    plan: &Plan,
    endpoint: Box<dyn Endpoint>,
    tls: TlsSet,
    listed: Listed,
    cores: &[Handle],
    inherited: &mut Inherited,
) -> Result<(Server, Ending)> {
    let Plan { options, label, .. } = *plan;
    let Inherited { passed, phase, .. } = inherited;
    let mut status_port =
        |kind, addr: Option<SocketAddr>| addr.map(|addr| StatusPort::bind(kind, addr, passed)).transpose();
    let health = status_port(Kind::Health, options.health)?;
    let agent_check = status_port(Kind::AgentCheck, options.agent_check)?;
    let health_addr = health.as_ref().map(StatusPort::local_addr);
    let agent_check_addr = agent_check.as_ref().map(StatusPort::local_addr);
    let live = OptionsCell::new(options);
    // The runtimes that wait for connections: those that serve them, and one that refuses them.
    let mut runtimes = cores.to_vec();
    if cores.is_empty() {
        runtimes.push(Handle::current());
    }
    let shards = runtimes.len();
    if options.overload != Overload::Backlog {
        runtimes.push(Handle::current());
    }
    tls.tell(label);
    let listeners = ListenerSet::open(endpoint, options, Arc::clone(&live), runtimes, *phase)?;
    let (ending, ended) = watch::channel(None);
    let (reloads, asked) = mpsc::channel(1);
    let handle = Server::new(Inner {
        number: registry::next_number(),
        label,
        options,
        supervisor: plan.supervisor.clone(),
        monitor: Monitor::default(),
        slots: AcceptorSlots::new(options.max_processes, shards),
        peer_filter: PeerFilter::new(&options),
        acceptors: OnceLock::new(),
        refusals: Refusals::default(),
        timeouts: TimeoutCounts::default(),
        full_mailboxes: Arc::default(),
        handshakes: Handshakes::default(),
        tls,
        listeners,
        live,
        reloads,
        leaving: watch::Sender::new(false),
        health_addr,
        agent_check_addr,
        #[cfg(all(target_os = "linux", feature = "upgrade"))]
        status_ports: [&health, &agent_check]
            .into_iter()
            .flatten()
            .map(StatusPort::share)
            .collect(),
        ended,
        #[cfg(all(target_os = "linux", feature = "upgrade"))]
        freezer: Freezer::default(),
        arms: Counters::new(listed.arms, options.latency),
        states: listed.states,
        tag: state::tag(listed.states),
        #[cfg(feature = "inspect")]
        protocol: listed.protocol,
        #[cfg(feature = "inspect")]
        inspections: Inspections::default(),
    });
    for port in [health, agent_check].into_iter().flatten() {
        plan.supervisor.start_child(port.child(handle.clone()))?;
    }
    #[cfg(feature = "tls-provider")]
    if let Some(watch) = tls_watch::child(&handle) {
        plan.supervisor.start_child(watch)?;
    }
    let ending = Ending::new(handle.clone(), ending, asked);
    Ok((handle, ending))
}

/// Stops a supervisor when it is dropped, unless it is disarmed.
struct StopOnDrop(Option<Supervisor>);

impl StopOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(supervisor) = &self.0 {
            supervisor.stop();
        }
    }
}
