//! `run`: a whole `main` with runtimes, log lines, signals and systemd.

mod announce;
mod cores;
mod panic_hook;
mod signals;
#[cfg(feature = "log")]
mod subscriber;
#[cfg(all(unix, feature = "systemd"))]
mod systemd;
#[cfg(not(all(unix, feature = "systemd")))]
#[path = "run/systemd/absent.rs"]
mod systemd;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
mod upgrading;
#[cfg(not(all(target_os = "linux", feature = "upgrade")))]
#[path = "run/upgrading/absent.rs"]
mod upgrading;

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use self::announce::announce;
use self::cores::Cores;
use self::signals::{Ends, Signals};
use self::upgrading::Program;
use crate::api::tcp_server::TcpServer;
use crate::connection::drive;
#[cfg(feature = "describe")]
use crate::describe::Described;
use crate::error::{Error, ErrorKind, Result};
use crate::log::event;
use crate::panics::discard;
use crate::server::Server;
use crate::start::lifecycle::CUT_GRACE;
use crate::start::start_with;
use crate::task::block_on;
use crate::transport::given::GivenListener;

/// Serves until SIGINT or SIGTERM (Ctrl-C on other systems than Unix), as a whole `main`.
///
/// `run` starts one server or a tuple of servers, and logs where each listens. The first signal
/// stops them gracefully, the second at once. If one server fails, `run` stops the others. With the
/// feature `log` (on by default) it writes events to standard error, filtered by `RUST_LOG`
/// (`debug`, `error,my_app=debug`; `info` by default). A part of `RUST_LOG` that isn't understood
/// is reported once. A subscriber that the program has installed earlier stays in place.
///
/// A panic is always reported. A panic hook that the program has set earlier is still called.
/// Without one, a panic inside a callback is an event at the level `warn`, and a panic of a task is
/// one line on standard error. Both are escaped and limited to ten a second each, because a peer
/// may cause them. The standard library reports all other panics as usual. `RUST_BACKTRACE` applies
/// to all of them.
///
/// One thread per core serves connections, each with a single-threaded tokio runtime; a connection
/// stays on the thread that accepted it. This takes less processor time per call than a
/// multi-threaded runtime, and less waiting if many connections are busy (`benches/NOTES.md`). Each
/// thread accepts connections itself, and threads with fewer connections come first. The supervisor
/// and the children that `init` starts run on the calling thread. So a callback that blocks its
/// thread delays only the connections of that thread, but those for as long as it blocks: move
/// blocking code to `tokio::task::spawn_blocking`. (`block_in_place` panics in a single-threaded
/// runtime.) To use another runtime, call [`start`](crate::start).
///
/// With the feature `upgrade`, and the option of that name, SIGUSR2 starts the program's file anew
/// with the same arguments, and the new process takes over; the module `upgrade` says what this
/// means.
///
/// SIGHUP calls each server's `reload` callback for new options, and the log says what changed; it
/// never ends the program.
///
/// # Under systemd
///
/// With the feature `systemd`, `run` notifies systemd when all servers listen (`READY=1`), when a
/// stop begins (`STOPPING=1`), and of each reload. It feeds the watchdog for as long as the calling
/// thread and the thread of each core respond: a callback that blocks its thread lets the watchdog
/// expire.
///
/// ```ini
/// [Service]
/// Type=notify-reload
/// ExecStart=/usr/local/bin/echo
/// WatchdogSec=30s
/// Restart=on-failure
/// # Longer than the options `stop_delay` and `shutdown` together.
/// TimeoutStopSec=30s
/// ```
///
/// # Errors
///
/// Returns the error that keeps a server from starting or that ended a server. Returned from
/// `main`, the error makes the exit status non-zero and is printed on one line. Inside a runtime
/// `run` returns [`ErrorKind::InsideRuntime`]; call [`start`](crate::start) there.
///
/// # Examples
///
/// ```no_run
/// use kai_tcp_server::{Action, tcp_server};
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
/// fn main() -> kai_tcp_server::Result {
///     kai_tcp_server::run(Echo)
/// }
/// ```
pub fn run(servers: impl Servers) -> Result {
    run_all(Box::new(servers))
}

/// Starts and serves the servers. It isn't generic, so that it is compiled once and not in each
/// program.
fn run_all(servers: Box<dyn Servers>) -> Result {
    if Handle::try_current().is_ok() {
        let way =
            "run makes a runtime of its own: inside one, write `kai_tcp_server::start(server).await?.wait().await`";
        return Err(Error::new(ErrorKind::InsideRuntime, way));
    }
    #[cfg(feature = "describe")]
    {
        let mut described = Vec::new();
        servers.described(&mut described);
        if let Some(printed) = crate::describe::asked_for(&described) {
            return printed;
        }
    }
    let program = Program::of_this_process();
    systemd::take_sockets();
    #[cfg(feature = "log")]
    subscriber::install();
    panic_hook::install();
    let cannot = |error| Error::new(ErrorKind::Other, "cannot create a runtime").caused_by(error);
    let cores = Cores::start().map_err(cannot)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let mut done = Ok(());
    let all = async {
        done = tokio::select! {
            done = serve(servers, cores.handles(), &program) => done,
            never = systemd::feed_watchdog(cores.handles()) => match never {},
        };
    };
    block_on(&runtime, pin!(all));
    // The shutdown doesn't wait for code that blocks a thread.
    runtime.shutdown_background();
    done
}

type Starting<'a> = Pin<Box<dyn Future<Output = Result> + 'a>>;

/// One server or a tuple of servers, as [`run`] takes them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no server, so it can't be run",
    label = "neither a server nor a tuple of servers",
    note = "a server's `impl` block has the attribute: `#[tcp_server(port = 10000)] impl … {{ … }}`"
)]
pub trait Servers: Send + 'static {
    /// Starts the servers one after the other and pushes them to `started`, so that after an error
    /// the caller can stop the servers that have started.
    #[doc(hidden)]
    fn start_all<'a>(self: Box<Self>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a>;

    /// Adds the servers, to be described.
    #[doc(hidden)]
    #[cfg(feature = "describe")]
    fn described(&self, all: &mut Vec<Described>);
}

impl<S: TcpServer> Servers for S {
    fn start_all<'a>(self: Box<Self>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a> {
        Box::pin(async {
            started.push(start_with(*self, cores, None).await?);
            Ok(())
        })
    }

    #[cfg(feature = "describe")]
    fn described(&self, all: &mut Vec<Described>) {
        all.push(Described::new(self));
    }
}

/// Returns a server that listens on a listener that the program has, for [`run`]; under a runtime
/// of your own [`start_on`](crate::start_on) does it, and its documentation says what this means.
///
/// # Examples
///
/// ```no_run
/// # use kai_tcp_server::{Action, tcp_server};
/// # struct Echo;
/// # #[tcp_server(port = 10000)]
/// # impl Echo {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// # struct Chat;
/// # #[tcp_server(port = 10001)]
/// # impl Chat {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// fn main() -> kai_tcp_server::Result {
///     let listener = std::net::TcpListener::bind("0.0.0.0:80")?;
///     // Here the program would give up its privileges.
///     kai_tcp_server::run((kai_tcp_server::on(Echo, listener), Chat))
/// }
/// ```
pub fn on<S: TcpServer>(server: S, listener: impl Into<GivenListener>) -> impl Servers {
    On {
        server,
        listener: listener.into(),
    }
}

struct On<S> {
    server: S,
    listener: GivenListener,
}

impl<S: TcpServer> Servers for On<S> {
    fn start_all<'a>(self: Box<Self>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a> {
        Box::pin(async {
            let On { server, listener } = *self;
            started.push(start_with(server, cores, Some(listener)).await?);
            Ok(())
        })
    }

    #[cfg(feature = "describe")]
    fn described(&self, all: &mut Vec<Described>) {
        all.push(Described::new(&self.server));
    }
}

macro_rules! tuples {
    ($($($server:ident)+;)+) => {$(
        impl<$($server: Servers),+> Servers for ($($server,)+) {
            #[allow(non_snake_case)] // a server is named as its type is
            fn start_all<'a>(self: Box<Self>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a> {
                let ($($server,)+) = *self;
                in_turn(vec![$(Box::new($server)),+], started, cores)
            }

            #[cfg(feature = "describe")]
            #[allow(non_snake_case)]
            fn described(&self, all: &mut Vec<Described>) {
                let ($($server,)+) = self;
                $($server.described(all);)+
            }
        }
    )+};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

fn in_turn<'a>(servers: Vec<Box<dyn Servers>>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a> {
    Box::pin(async {
        for server in servers {
            server.start_all(started, cores).await?;
        }
        Ok(())
    })
}

async fn serve(servers: Box<dyn Servers>, cores: &[Handle], program: &Program) -> Result {
    let Signals {
        mut ends,
        mut reloads,
        mut upgrades,
    } = Signals::new()?;
    let mut started = Vec::new();
    let mut serving = Box::pin(start_and_wait(
        servers,
        &mut started,
        cores,
        &mut reloads,
        &mut upgrades,
        program,
    ));
    // A signal also ends a start that waits.
    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        () = ends.next() => None,
    };
    // This drops an `init` that still waits.
    discard(serving);
    if ended.is_none() {
        tell_of_a_signal(&started);
    }
    // The service goes on in a new process, if one has taken over.
    if !program.is_over() {
        systemd::stopping();
    }
    stop(&started, &mut ends).await;
    ended.unwrap_or(Ok(()))
}

/// Starts the servers and waits until one of them ends.
async fn start_and_wait(
    servers: Box<dyn Servers>,
    started: &mut Vec<Server>,
    cores: &[Handle],
    reloads: &mut Receiver<()>,
    upgrades: &mut Receiver<()>,
    program: &Program,
) -> Result {
    // If a server panics while it starts, or while it is dropped after a failed start, the others
    // are stopped gracefully.
    drive::guard_alone(servers.start_all(started, cores))
        .await
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Init, "a server panicked before it listened")))?;
    started.iter().for_each(announce);
    upgrading::ready();
    systemd::ready();
    tokio::select! {
        // In this order: what an upgrade has begun is told before the servers have ended by it.
        biased;
        never = upgrading::whenever_asked(started, upgrades, program) => match never {},
        ended = first_to_end(started) => ended,
        never = reload_whenever_asked(started, reloads) => match never {},
    }
}

async fn reload_whenever_asked(servers: &[Server], reloads: &mut Receiver<()>) -> Infallible {
    while reloads.recv().await.is_some() {
        systemd::reloading();
        for server in servers {
            server.ask_to_reload().await;
        }
        systemd::ready();
    }
    pending().await
}

fn tell_of_a_signal(servers: &[Server]) {
    let delays = |server: &Server| !server.inner().options.stop_delay.is_zero();
    let second = if servers.iter().any(delays) {
        "closes the ports, a third one stops at once"
    } else {
        "stops at once"
    };
    event!(info, name: "signal", "stopping; a second signal {second}");
}

/// Stops the servers. A second signal skips the rest of their stop delays. A signal without a
/// pending delay stops the wait: running calls are cut and reported.
async fn stop(servers: &[Server], ends: &mut Ends) {
    loop {
        let stopping: Vec<_> = servers.iter().map(Server::stop).collect();
        let mut stopped = pin!(async {
            for stopping in stopping {
                stopping.await;
            }
        });
        tokio::select! {
            () = &mut stopped => return,
            () = ends.next() => {}
        }
        if !servers.iter().any(Server::delays_its_stop) {
            servers.iter().for_each(Server::cut);
            // A callback that blocks its thread doesn't notice the cut.
            let _ = timeout(CUT_GRACE, stopped).await;
            return;
        }
    }
}

/// Waits for the first server that ends by itself.
async fn first_to_end(servers: &[Server]) -> Result {
    let mut ends: Vec<_> = servers.iter().map(|server| Box::pin(server.wait())).collect();
    poll_fn(|cx| {
        let ended = ends.iter_mut().find_map(|end| match end.as_mut().poll(cx) {
            Poll::Ready(ended) => Some(ended),
            Poll::Pending => None,
        });
        ended.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
