//! The lifecycle of a running server: the task that waits until the server is to end, ends it, and
//! tells why.

use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::Plan;
use crate::accept::fd_limit;
use crate::api::tcp_server::TcpServer;
use crate::connection::context::{Context, Logs};
use crate::connection::drive;
use crate::error::{Chain, Error};
use crate::log::{Quoted, event};
use crate::options::Options;
use crate::panics::discard;
use crate::reason::ExitReason;
use crate::server::registry::{Listed, Name};
use crate::server::{Ended, Inner, Server, StandBy, Stopped};
use crate::task::Task;

/// How long connections have to end after they were cut. A callback that blocks its thread can't be
/// cut.
pub(crate) const CUT_GRACE: Duration = Duration::from_secs(1);

/// The lifecycle's ends of the channels to a server's handles.
pub(super) struct Ending {
    /// Dropped before `ended`, so that the port is closed when the end is told.
    _end: EndOnDrop,
    ended: watch::Sender<Option<Ended>>,
    reloads: mpsc::Receiver<oneshot::Sender<()>>,
}

/// Closes the port of a server whose lifecycle is dropped, as its runtime ends.
struct EndOnDrop(Server);

impl Ending {
    pub(super) fn new(
        handle: Server,
        ended: watch::Sender<Option<Ended>>,
        reloads: mpsc::Receiver<oneshot::Sender<()>>,
    ) -> Self {
        Ending {
            _end: EndOnDrop(handle),
            ended,
            reloads,
        }
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let Inner {
            listeners, supervisor, ..
        } = self.0.inner();
        listeners.abandon();
        supervisor.stop();
    }
}

/// Registers a started server under its name and spawns its lifecycle.
pub(super) fn spawn_lifecycle(plan: Plan, running: Arc<dyn ErasedServer>, acceptors: Arc<dyn StandBy>, ending: Ending) {
    let Plan {
        options, label, name, ..
    } = plan;
    let handle = running.handle();
    if let Some(name) = &name {
        name.register(handle.clone());
    }
    let listed = Listed::new(handle);
    let (addrs, max_processes) = (handle.listens_on(), options.max_processes);
    let lifecycle = Task::new(run_lifecycle(running, acceptors, (name, listed), ending));
    tokio::spawn(lifecycle);
    fd_limit::warn_if_fd_limit_low(label, &options, max_processes);
    event!(info, name: "listening", server = label, addr = %addrs, max_processes, "{label} listens on {addrs}, {max_processes} connections at a time");
}

/// A running server without its type, so that the lifecycle is compiled once.
pub(super) trait ErasedServer: Send + Sync {
    fn handle(&self) -> &Server;
    fn logs(&self) -> &Logs;
    /// Calls `reload`. Returns `None` if the server has no such callback.
    fn reload(&self) -> Option<Called<'_, Options>>;
    /// Calls `terminate`, for at most `limit`.
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

/// Waits until a server is to end, ends it, and tells why.
///
/// No supervisor owns this task; it ends with the server's supervisor.
async fn run_lifecycle(
    running: Arc<dyn ErasedServer>,
    // Kept alive here: a handle may start more of them.
    acceptors: Arc<dyn StandBy>,
    registered: (Option<Name>, Listed),
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
    // This drops a `reload` that waits.
    discard(reloading);
    // Guarded once more, as it is dropped in the middle when its time is over.
    let terminated = drive::guard_alone(running.terminate(&reason, live.get().shutdown)).await;
    if let Err(error) = terminated.unwrap_or_else(Err) {
        let log = |error: &dyn fmt::Display| running.logs().call(server.label(), "terminate", None, None, error);
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
    drop(registered);
    ending.ended.send_replace(Some(Ended { reason, stopped }));
}

/// Waits for running calls for `shutdown`, then cuts the connections that are left.
async fn stop(server: &Server) -> Stopped {
    let Inner { monitor, live, .. } = server.inner();
    let connected = server.begin_to_stop();
    if timeout(live.get().shutdown, monitor.wait_until_empty()).await.is_err() {
        monitor.cut();
        // A callback that blocks its thread can't be cut; the supervisor leaves it behind.
        let _ = timeout(CUT_GRACE, monitor.wait_until_empty()).await;
    }
    let cut = monitor.were_cut();
    Stopped {
        finished: connected.saturating_sub(cut),
        cut,
        ..Stopped::default()
    }
}

/// Calls `reload` whenever a handle asks for it.
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
        match running.handle().reload_tls() {
            Ok(true) => {}
            Ok(false) => {
                event!(info, name: "reloaded", server, "{server} has no callback `reload`: nothing changes");
            }
            Err(error) => reload_failed(server, &error),
        }
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
        Err(error) => reload_failed(server, &error),
    }
}

/// Logs why a server goes on as it is, with what is behind it: a file that can't be read says why.
pub(super) fn reload_failed(server: &str, error: &Error) {
    event!(error, name: "reload failed", server, "{server} goes on as it is: {}", Quoted(Chain(error)));
}
