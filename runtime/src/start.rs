//! Starting a server under the caller's runtime, and ending it.

pub(crate) mod health;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::accept::acceptor_slots::AcceptorSlots;
use crate::accept::fd_limit;
use crate::accept::listener_set::ListenerSet;
use crate::accept::peer_filter::PeerFilter;
use crate::accept::refused::Refusals;
use crate::acceptor::Acceptors;
use crate::api::tcp_server::TcpServer;
use crate::connection::context::{Context, Logs};
use crate::connection::drive;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Quoted, event};
use crate::options::environment::Configured;
use crate::options::overload::Overload;
use crate::options::reload::OptionsCell;
use crate::options::{INFINITY, Options};
use crate::panics::discard;
use crate::reason::ExitReason;
use crate::server::monitor::Monitor;
use crate::server::registry::Name;
use crate::server::{Ended, Inner, Server, StandBy, Stopped};
use crate::start::health::Health;
use crate::supervisor::{ChildSpec, Supervisor};
use crate::table::arm::Arm;
use crate::table::counters::Counters;
use crate::task::Task;
use crate::transport;

/// After connections were cut, how long they have to notice: a callback that blocks its thread can't be cut.
pub(crate) const CUT_GRACE: Duration = Duration::from_secs(1);

/// Starts a server under the caller's tokio runtime. Returns once the port is open.
///
/// The server runs until it is stopped, whether its handle is kept or not.
///
/// # Errors
///
/// Nothing listens after an error: [`ErrorKind::Options`], [`ErrorKind::AlreadyStarted`] when its name is taken,
/// [`ErrorKind::Init`] when its `init` failed, [`ErrorKind::Listen`] when the port can't be had.
///
/// # Panics
///
/// Outside of a tokio runtime that has I/O and time enabled.
///
/// # Cancel safety
///
/// Dropping the future before it is done leaves nothing behind.
pub async fn start<S: TcpServer>(server: S) -> Result<Server> {
    start_on(server, &[]).await
}

/// Starts a server whose acceptors live on `cores`, a place for each, if there are any.
pub(crate) async fn start_on<S: TcpServer>(server: S, cores: &[Handle]) -> Result<Server> {
    let plan = Plan::new(server.options().active_by_default(S::TAKES_MESSAGES), S::label)?;
    let supervisor = plan.supervisor.clone();
    // If something fails from here on, or if nobody waits for it any more, what `init` started ends.
    let guard = StopOnDrop(Some(supervisor.clone()));
    let started = start_under(plan, server, cores).await;
    if started.is_err() {
        supervisor.stop();
        supervisor.wait().await;
    }
    guard.disarm();
    started
}

/// What a server is to start as, whatever it serves: what knows no more than this is compiled once, not for each server.
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

/// Starts a server under a supervisor that is its own.
async fn start_under<S: TcpServer>(plan: Plan, mut server: S, cores: &[Handle]) -> Result<Server> {
    drive::alone(pin!(async { server.init(&plan.supervisor).await }))
        .await
        .map_err(|error| init_failed(plan.label, error))?;
    let (handle, ending) = open(&plan, S::PROTOCOL, cores)?;
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

/// How a server's own task hears and tells.
struct Ending {
    /// Before those that tell of the end.
    _end: EndOnDrop,
    ended: watch::Sender<Option<Ended>>,
    reloads: mpsc::Receiver<oneshot::Sender<()>>,
}

/// The end of a server whose own task is gone, by the end of its runtime: nobody else would close its port, or could be asked to.
struct EndOnDrop(Server);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let Inner {
            listeners, supervisor, ..
        } = self.0.inner();
        listeners.abandon();
        supervisor.stop();
    }
}

/// Opens the ports.
fn open(plan: &Plan, protocol: &'static [Arm], cores: &[Handle]) -> Result<(Server, Ending)> {
    let Plan { options, label, .. } = *plan;
    let health = options.health.map(Health::bind).transpose()?;
    let health_addr = health.as_ref().map(Health::local_addr);
    let live = OptionsCell::new(options);
    // Where connections are waited for: where they are served, and where they are refused.
    let mut runtimes = cores.to_vec();
    if cores.is_empty() {
        runtimes.push(Handle::current());
    }
    let shards = runtimes.len();
    if options.overload != Overload::Backlog {
        runtimes.push(Handle::current());
    }
    let listeners = ListenerSet::open(transport::endpoint(&options), options, Arc::clone(&live), runtimes)?;
    let (ending, ended) = watch::channel(None);
    let (reloads, asked) = mpsc::channel(1);
    let handle = Server::new(Inner {
        label,
        options,
        supervisor: plan.supervisor.clone(),
        monitor: Monitor::default(),
        slots: AcceptorSlots::new(options.max_processes, shards),
        peer_filter: PeerFilter::new(&options),
        acceptors: OnceLock::new(),
        refusals: Refusals::default(),
        listeners,
        live,
        reloads,
        leaving: watch::Sender::new(false),
        health_addr,
        ended,
        arms: Counters::new(protocol),
    });
    if let Some(health) = health {
        plan.supervisor.start_child(health.child(handle.clone()))?;
    }
    let ending = Ending {
        _end: EndOnDrop(handle.clone()),
        ended: ending,
        reloads: asked,
    };
    Ok((handle, ending))
}

/// Lets a server run that has begun to.
fn spawn_lifecycle(plan: Plan, running: Arc<dyn ErasedServer>, acceptors: Arc<dyn StandBy>, ending: Ending) {
    let Plan {
        options, label, name, ..
    } = plan;
    let handle = running.handle();
    if let Some(name) = &name {
        name.register(handle.clone());
    }
    let (local_addr, max_processes) = (handle.listen_addr(), options.max_processes);
    let own = Task::new(own(running, acceptors, name, ending));
    tokio::spawn(own);
    fd_limit::warn_if_fd_limit_low(label, &options, max_processes);
    event!(info, name: "listening", server = label, addr = %local_addr, max_processes, "{label} listens on {local_addr}, {max_processes} connections at a time");
}

/// A server as a child of a supervisor: the child runs as long as the server does, and the server ends with it.
///
/// `server` makes the server anew for each restart. When the supervisor ends, the server stops gracefully, for as long as its own
/// `shutdown` allows; when the child is killed, its connections are cut. A server that ended for its restart intensity is an
/// abnormal exit, and a restart waits until the port of the one before is free.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::{Action, Supervisor, child_spec, tcp_server};
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
/// let app = Supervisor::new(3, Duration::from_secs(60));
/// app.start_child(child_spec("echo", || Echo))?;
/// # Ok(())
/// # }
/// ```
pub fn child_spec<S: TcpServer>(
    name: impl Into<Cow<'static, str>>,
    server: impl Fn() -> S + Send + 'static,
) -> ChildSpec {
    let last: Arc<Mutex<Option<Server>>> = Arc::default();
    let child = ChildSpec::trapping(name, move |exit| {
        let (server, last) = (server(), Arc::clone(&last));
        async move {
            let before = last.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(before) = before {
                // It was cut when its child was killed.
                let _ = before.wait().await;
            }
            let server = start(server).await?;
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.clone());
            let _cut_with_the_child = StopOnDrop(Some(server.inner().supervisor.clone()));
            tokio::select! {
                ended = server.wait() => ended,
                () = exit.requested() => {
                    server.stop().await;
                    Ok(())
                }
            }
        }
    });
    child.shutdown(INFINITY)
}

/// A running server, as its own task knows it.
trait ErasedServer: Send + Sync {
    fn handle(&self) -> &Server;
    fn logs(&self) -> &Logs;
    /// Asks for the options to go on under; None where there is no callback to ask.
    fn reload(&self) -> Option<Called<'_, Options>>;
    /// Tells it, for as long as `limit`.
    fn terminate<'a>(&'a self, reason: &'a ExitReason, limit: Duration) -> Called<'a, ()>;
}

type Called<'a, T> = Pin<Box<dyn Future<Output = Result<T, drive::CallbackError>> + Send + 'a>>;

impl<S: TcpServer> ErasedServer for Context<S> {
    fn handle(&self) -> &Server {
        &self.handle
    }

    fn logs(&self) -> &Logs {
        &self.log
    }

    fn reload(&self) -> Option<Called<'_, Options>> {
        S::RELOADS.then(|| -> Called<'_, _> {
            Box::pin(async { drive::alone(pin!(async { self.server.reload().await })).await })
        })
    }

    fn terminate<'a>(&'a self, reason: &'a ExitReason, limit: Duration) -> Called<'a, ()> {
        Box::pin(async move { drive::within(limit, pin!(async { self.server.terminate(reason).await })).await })
    }
}

/// Owns a running server: waits until it is to end, ends it, and tells why.
///
/// It is the one task that no supervisor owns; it ends with the server's supervisor.
async fn own(
    running: Arc<dyn ErasedServer>,
    // Whoever has a handle may start more of them.
    acceptors: Arc<dyn StandBy>,
    name: Option<Name>,
    mut ending: Ending,
) {
    let server = running.handle();
    let Inner {
        supervisor,
        listeners,
        monitor,
        leaving,
        live,
        label,
        ..
    } = server.inner();
    let occupied = || monitor.curr_connections() > 0;
    let mut told = leaving.subscribe();
    let told = async { drop(told.wait_for(|told| *told).await) };
    let stopping = async {
        tokio::select! {
            () = listeners.closed() => {}
            () = told => drop(timeout(live.get().stop_delay, listeners.closed()).await),
        }
        stop(server).await
    };
    let ended = async { tokio::join!(stopping, listeners.keep(&occupied)) };
    let mut reloading = Box::pin(answer_reloads(&*running, &mut ending.reloads));
    let mut stopped = Stopped::default();
    let reason = tokio::select! {
        reason = supervisor.wait() => {
            listeners.close();
            listeners.close_port(live.get().shutdown, &|| false).await;
            reason
        }
        (ended, unserved) = ended => {
            stopped = Stopped { unserved, ..ended };
            supervisor.stop();
            supervisor.wait().await
        }
        never = &mut reloading => match never {},
    };
    acceptors.end();
    // With it goes a `reload` that waits.
    discard(reloading);
    // Guarded once more, as it is dropped in the middle when its time is over.
    let terminated = drive::guard_alone(running.terminate(&reason, live.get().shutdown)).await;
    if let Err(error) = terminated.unwrap_or_else(Err) {
        let log = |error: &dyn fmt::Display| running.logs().call(server.label(), "terminate", None, error);
        match &error {
            drive::CallbackError::Late(limit) => log(&format_args!("it took longer than shutdown {limit:?}")),
            error => log(error),
        }
        discard(error);
    }
    match reason {
        ExitReason::Stopped => {
            let Stopped {
                finished,
                cut,
                unserved,
            } = stopped;
            event!(info, name: "server ended", server = label, %reason, finished, cut, unserved, "{label} stopped: {finished} connections finished, {cut} were cut, {unserved} that waited were closed unserved");
        }
        ExitReason::RestartIntensity => {
            event!(error, name: "server ended", server = label, %reason, "{label} ended: {reason}");
        }
    }
    drop(name);
    ending.ended.send_replace(Some(Ended { reason, stopped }));
}

/// Lets running calls finish within `shutdown`, and cuts what is left.
async fn stop(server: &Server) -> Stopped {
    let Inner { monitor, live, .. } = server.inner();
    let connected = server.begin_to_stop();
    if timeout(live.get().shutdown, monitor.wait_until_empty()).await.is_err() {
        monitor.cut();
        // One that blocks its thread doesn't notice; the supervisor leaves it behind.
        let _ = timeout(CUT_GRACE, monitor.wait_until_empty()).await;
    }
    let cut = monitor.were_cut();
    Stopped {
        finished: connected.saturating_sub(cut),
        cut,
        ..Stopped::default()
    }
}

/// Asks the server itself what to go on under, whenever that is wanted.
async fn answer_reloads(running: &dyn ErasedServer, reloads: &mut mpsc::Receiver<oneshot::Sender<()>>) -> Infallible {
    while let Some(done) = reloads.recv().await {
        reload(running).await;
        let _ = done.send(());
    }
    std::future::pending().await
}

async fn reload(running: &dyn ErasedServer) {
    let server = running.handle().label();
    let Some(asked) = running.reload() else {
        event!(info, name: "reloaded", server, "{server} has no callback `reload`: nothing changes");
        return;
    };
    let asked = match asked.await {
        Ok(asked) => asked,
        Err(error) => {
            event!(error, name: "reload failed", server, "{server} goes on as it is, as its reload failed: {}", Quoted(&error));
            discard(error);
            return;
        }
    };
    match running.handle().reload(asked) {
        Ok(changes) if changes.is_empty() => {
            event!(info, name: "reloaded", server, "{server} reloaded its options: nothing has changed");
        }
        Ok(_) => {}
        Err(error) => {
            event!(error, name: "reload failed", server, "{server} goes on as it is: {}", Quoted(error));
        }
    }
}

/// Stops what was started if the start doesn't come to its end.
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
