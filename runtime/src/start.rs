//! Starting a server under the caller's runtime, and ending it.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::acceptor::Acceptors;
use crate::behaviour::TcpServer;
use crate::context::{Context, Logs};
use crate::descriptors;
use crate::drive;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Gate;
use crate::health::Health;
use crate::listener::Listener;
use crate::log::Quoted;
use crate::monitor::Monitor;
use crate::options::environment::Configured;
use crate::options::reload::Live;
use crate::options::{INFINITY, Options};
use crate::overload::Overload;
use crate::processes::Processes;
use crate::protocol::Counters;
use crate::reason::ExitReason;
use crate::refused::Refusals;
use crate::registry::Name;
use crate::server::{Ended, Inner, Server, Stopped};
use crate::supervisor::{ChildSpec, Supervisor};
use crate::transport::NO_ADDR;

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
    let configured = Configured::new(server.options().active_by_default(S::TAKES_MESSAGES))?;
    let options = configured.options;
    let name = options.name.map(Name::take).transpose()?;
    let label = options.name.unwrap_or_else(S::label);
    configured.tell(label);
    let supervisor = Supervisor::named(label, options.max_restarts, options.restart_period);
    // If something fails from here on, or if nobody waits for it any more, what `init` started ends.
    let guard = StopOnDrop(Some(supervisor.clone()));
    let started = start_under(supervisor.clone(), server, options, label, name, cores).await;
    if started.is_err() {
        supervisor.stop();
        supervisor.wait().await;
    }
    guard.disarm();
    started
}

/// Starts a server under a supervisor that is its own.
async fn start_under<S: TcpServer>(
    supervisor: Supervisor,
    mut server: S,
    options: Options,
    label: &'static str,
    name: Option<Name>,
    cores: &[Handle],
) -> Result<Server> {
    init(&mut server, &supervisor, label).await?;

    let health = options.health.map(Health::bind).transpose()?;
    let health_addr = health.as_ref().map(Health::local_addr);
    let live = Live::new(options);
    // Where connections are waited for: where they are served, and where they are refused.
    let mut runtimes = cores.to_vec();
    if cores.is_empty() {
        runtimes.push(Handle::current());
    }
    let places = runtimes.len();
    if options.overload != Overload::Backlog {
        runtimes.push(Handle::current());
    }
    let (listeners, local_addr, memory) = if options.in_memory {
        let (listeners, memory) = Listener::in_memory(&options, runtimes.len());
        (listeners, NO_ADDR, Some(memory))
    } else {
        let (listeners, local_addr) = Listener::bind(&options, &runtimes)?;
        (listeners, local_addr, None)
    };
    let monitor = Arc::new(Monitor::default());
    let (ending, ended) = watch::channel(None);
    let (reloads, asked) = mpsc::channel(1);
    let inner = Inner {
        label,
        local_addr,
        options,
        supervisor,
        monitor,
        processes: Processes::new(options.max_processes, places),
        acceptors: OnceLock::new(),
        refusals: Refusals::default(),
        gate: Gate::new(listeners, local_addr, options, Arc::clone(&live), runtimes),
        live,
        reloads,
        leaving: watch::Sender::new(false),
        health_addr,
        ended,
        memory,
        arms: Counters::new(S::PROTOCOL),
    };
    let handle = Server::new(inner);
    let context = Arc::new(Context {
        server,
        options,
        handle: handle.clone(),
        log: Logs::default(),
    });
    let acceptors = Acceptors::new(Arc::clone(&context), cores);
    let standing_by: Weak<Acceptors<S>> = Arc::downgrade(&acceptors);
    let _ = handle.inner().acceptors.set(standing_by);
    if let Some(health) = health {
        handle.inner().supervisor.start_child(health.child(handle.clone()))?;
    }
    acceptors.start()?;
    acceptors.start_refuser()?;
    if let Some(name) = &name {
        name.register(handle.clone());
    }
    tokio::spawn(own(context, acceptors, name, ending, asked));
    let max_processes = options.max_processes;
    descriptors::compare(label, &options, max_processes);
    tracing::info!(name: "listening", server = label, addr = %local_addr, max_processes, "{label} listens on {local_addr}, {max_processes} connections at a time");
    Ok(handle)
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

async fn init<S: TcpServer>(server: &mut S, supervisor: &Supervisor, label: &str) -> Result {
    let failed = |error: drive::Interrupted| match error {
        drive::Interrupted::Failed(error) => {
            Error::new(ErrorKind::Init, format!("init of {label} failed")).caused_by(error)
        }
        error => Error::new(ErrorKind::Init, format!("init of {label} failed: {error}")),
    };
    drive::alone(pin!(async { server.init(supervisor).await }))
        .await
        .map_err(failed)
}

/// Owns a running server: waits until it is to end, ends it, and tells why.
///
/// It is the one task that no supervisor owns; it ends with the server's supervisor.
async fn own<S: TcpServer>(
    context: Arc<Context<S>>,
    // Whoever has a handle may start more of them.
    _acceptors: Arc<Acceptors<S>>,
    name: Option<Name>,
    ending: watch::Sender<Option<Ended>>,
    mut reloads: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let Inner {
        supervisor,
        gate,
        leaving,
        label,
        ..
    } = context.handle.inner();
    let mut told = leaving.subscribe();
    let told = async { drop(told.wait_for(|told| *told).await) };
    let stopping = async {
        tokio::select! {
            () = gate.closed() => {}
            () = told => drop(timeout(context.live().stop_delay, gate.closed()).await),
        }
        stop(&context).await
    };
    let ended = async { tokio::join!(stopping, gate.keep()) };
    let mut stopped = Stopped::default();
    let reason = tokio::select! {
        reason = supervisor.wait() => {
            gate.close();
            gate.close_port(context.live().shutdown).await;
            reason
        }
        (ended, unserved) = ended => {
            stopped = Stopped { unserved, ..ended };
            supervisor.stop();
            supervisor.wait().await
        }
        never = answer_reloads(&context, &mut reloads) => match never {},
    };
    if let Err(error) = drive::alone(pin!(async { context.server.terminate(&reason).await })).await {
        context.log_call("terminate", None, error);
    }
    match reason {
        ExitReason::Stopped => {
            let Stopped {
                finished,
                cut,
                unserved,
            } = stopped;
            tracing::info!(name: "server ended", server = label, %reason, finished, cut, unserved, "{label} stopped: {finished} connections finished, {cut} were cut, {unserved} that waited were closed unserved");
        }
        ExitReason::RestartIntensity => {
            tracing::error!(name: "server ended", server = label, %reason, "{label} ended: {reason}");
        }
    }
    drop(name);
    ending.send_replace(Some(Ended { reason, stopped }));
}

/// Lets running calls finish within `shutdown`, and cuts what is left.
async fn stop<S: TcpServer>(context: &Context<S>) -> Stopped {
    let monitor = &context.handle.inner().monitor;
    let connected = monitor.stop();
    context.handle.inner().gate.close();
    if timeout(context.live().shutdown, monitor.wait_until_empty())
        .await
        .is_err()
    {
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
async fn answer_reloads<S: TcpServer>(
    context: &Context<S>,
    reloads: &mut mpsc::Receiver<oneshot::Sender<()>>,
) -> Infallible {
    while let Some(done) = reloads.recv().await {
        reload(context).await;
        let _ = done.send(());
    }
    std::future::pending().await
}

async fn reload<S: TcpServer>(context: &Context<S>) {
    let server = context.handle.label();
    if !S::RELOADS {
        tracing::info!(name: "reloaded", server, "{server} has no callback `reload`: nothing changes");
        return;
    }
    let asked = match drive::alone(pin!(async { context.server.reload().await })).await {
        Ok(asked) => asked,
        Err(error) => {
            tracing::error!(name: "reload failed", server, "{server} goes on as it is, as its reload failed: {}", Quoted(error));
            return;
        }
    };
    match context.handle.reload(asked) {
        Ok(changes) if changes.is_empty() => {
            tracing::info!(name: "reloaded", server, "{server} reloaded its options: nothing has changed");
        }
        Ok(_) => {}
        Err(error) => {
            tracing::error!(name: "reload failed", server, "{server} goes on as it is: {}", Quoted(error));
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
