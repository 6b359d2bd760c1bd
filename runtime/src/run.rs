//! A whole `main`: a runtime, log lines, signals.

mod cores;
mod panic_hook;
#[cfg(feature = "log")]
mod subscriber;
#[cfg(all(unix, feature = "systemd"))]
mod systemd;
#[cfg(not(all(unix, feature = "systemd")))]
#[path = "run/systemd/absent.rs"]
mod systemd;

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel};
use tokio::time::timeout;

use self::cores::Cores;
use crate::api::tcp_server::TcpServer;
use crate::connection::drive;
use crate::error::{Error, ErrorKind, Result};
use crate::log::event;
use crate::packet::Packet;
use crate::panics::discard;
use crate::server::Server;
use crate::start::{CUT_GRACE, start_on};
use crate::task::block_on;

/// Serves until SIGINT or SIGTERM (Ctrl-C elsewhere), as a whole `main`.
///
/// Starts one server or a tuple of them, says where each listens, and stops them gracefully at the first signal, at once at
/// the second. If one of them fails, the others are stopped. With the feature `log` (on by default) events are written to
/// standard error: those that `RUST_LOG` asks for (`debug`, `error,my_app=debug`; `info` by default), and what of it isn't understood is told once.
/// A subscriber that the program has installed before stays instead.
///
/// A panic is never silent. The panic hook that is set before goes on being called. Where none is, a panic inside a callback is an event at
/// the level `warn`, and that of a task one line on standard error: escaped, and at most ten a second of each, as a peer may cause them. What else
/// panics is told by the standard library, as ever. `RUST_BACKTRACE` works for all of them.
///
/// Connections are served by a thread for each core, each with a single-threaded tokio runtime; a connection stays on the
/// thread that began with it. That takes less processor time a call than a multi-threaded runtime, and less waiting where many
/// connections are busy (`benches/NOTES.md`). Each of them accepts connections for itself, those that serve fewer first; the supervisor and what
/// `init` starts under it live on the calling thread. So a callback that blocks its thread holds up the connections of that thread alone, but
/// those for as long as it blocks: what has to block belongs into `tokio::task::spawn_blocking`. (`block_in_place` panics under a single-threaded
/// runtime.) For another runtime there is [`start`](crate::start).
///
/// SIGHUP asks each server for the options to go on under, by its callback `reload`, and the log says what changed; it never ends the program.
///
/// # Under systemd
///
/// With the feature `systemd` it tells systemd when all servers listen (`READY=1`) and when a stop begins (`STOPPING=1`), of each reload, and feeds the watchdog for as long
/// as the calling thread and the thread of each core answer: a callback that blocks its thread starves it.
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
/// Whatever keeps a server from starting, and why one ended by itself: returned from `main`, it makes the exit status
/// non-zero and is printed as one line. [`ErrorKind::InsideRuntime`] inside a runtime, where [`start`](crate::start) is the way.
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

/// Compiled once, not for each program.
fn run_all(servers: Box<dyn Servers>) -> Result {
    if Handle::try_current().is_ok() {
        let way =
            "run makes a runtime of its own: inside one, write `kai_tcp_server::start(server).await?.wait().await`";
        return Err(Error::new(ErrorKind::InsideRuntime, way));
    }
    #[cfg(feature = "log")]
    subscriber::install();
    panic_hook::install();
    let cannot = |error| Error::new(ErrorKind::Other, "cannot make a runtime").caused_by(error);
    let cores = Cores::start().map_err(cannot)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let mut done = Ok(());
    let all = async {
        done = tokio::select! {
            done = serve(servers, cores.handles()) => done,
            never = systemd::feed_watchdog(cores.handles()) => match never {},
        };
    };
    block_on(&runtime, pin!(all));
    // What blocks a thread doesn't hold up the end.
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
    /// Starts them one after the other, into `started`, so that an error leaves those before it to be stopped.
    #[doc(hidden)]
    fn start_all<'a>(self: Box<Self>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a>;
}

impl<S: TcpServer> Servers for S {
    fn start_all<'a>(self: Box<Self>, started: &'a mut Vec<Server>, cores: &'a [Handle]) -> Starting<'a> {
        Box::pin(async {
            started.push(start_on(*self, cores).await?);
            Ok(())
        })
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

async fn serve(servers: Box<dyn Servers>, cores: &[Handle]) -> Result {
    let Signals { mut ends, mut reloads } = Signals::new()?;
    let mut started = Vec::new();
    let mut serving = Box::pin(start_and_wait(servers, &mut started, cores, &mut reloads));
    // A signal also ends a start that waits.
    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        () = ends.next() => None,
    };
    // With it goes an `init` that waits.
    discard(serving);
    if ended.is_none() {
        tell_of_a_signal(&started);
    }
    systemd::stopping();
    stop(&started, &mut ends).await;
    ended.unwrap_or(Ok(()))
}

/// Starts the servers and waits for the first end of one.
async fn start_and_wait(
    servers: Box<dyn Servers>,
    started: &mut Vec<Server>,
    cores: &[Handle],
    reloads: &mut Receiver<()>,
) -> Result {
    // A panic of a server that starts, or that is dropped as it can't, stops the others in good order.
    drive::guard_alone(servers.start_all(started, cores))
        .await
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Init, "a server panicked before it listened")))?;
    started.iter().for_each(announce);
    systemd::ready();
    tokio::select! {
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

/// Says how to reach it: a person can, where the protocol is lines or bytes.
fn announce(server: &Server) {
    let addr = server.local_addr();
    let host = if addr.ip().is_unspecified() {
        "localhost".to_owned()
    } else {
        addr.ip().to_string()
    };
    let (label, port) = (server.label(), addr.port());
    // What a person types ends in LF, unless netcat is told to send CR LF: a table that has CR LF in its frames is out of reach otherwise.
    let asks_for_crlf = || server.info().arms.iter().any(|arm| arm.pattern.contains(r"\r\n"));
    let way = match server.inner().options.packet.unwrap_or_default() {
        Packet::LineCrlf => format!("`nc -C {host} {port}`"),
        Packet::Raw | Packet::RawExact(_) | Packet::Line if asks_for_crlf() => format!("`nc -C {host} {port}`"),
        Packet::Raw | Packet::RawExact(_) | Packet::Line | Packet::LineLf | Packet::LineCrlfOrLf => {
            format!("`nc {host} {port}`")
        }
        Packet::Http => format!("`curl http://{host}:{port}/`"),
        _ => format!("a client that connects to {host}, port {port}"),
    };
    event!(info, name: "serving", server = label, "reach {label} by {way}");
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

/// Stops the servers. A signal skips what is left of their delays, and where there is no delay all that there is to wait for: then what runs is
/// cut, and told.
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
            // A callback that blocks its thread doesn't notice.
            let _ = timeout(CUT_GRACE, stopped).await;
            return;
        }
    }
}

/// The first end of a server that ended by itself.
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

/// The signals that ask for an end, and those that ask for a reload.
///
/// They are waited for on a thread of their own, so that they are heard even while callbacks block all threads of the runtime.
struct Signals {
    ends: Ends,
    reloads: Receiver<()>,
}

struct Ends(UnboundedReceiver<()>);

/// What a signal asks for.
#[cfg_attr(not(unix), expect(dead_code))]
enum Asked {
    End,
    Reload,
}

impl Signals {
    fn new() -> Result<Self> {
        let cannot = |error| Error::new(ErrorKind::Other, "cannot listen for signals").caused_by(error);
        let runtime = Builder::new_current_thread().enable_io().build().map_err(cannot)?;
        let mut sources = {
            let _inside = runtime.enter();
            Sources::new().map_err(cannot)?
        };
        let (end, ends) = unbounded_channel();
        // One that is asked for while another one waits to begin is that one.
        let (reload, reloads) = channel(1);
        let listen = async move {
            loop {
                tokio::select! {
                    () = end.closed() => return,
                    asked = sources.next() => match asked {
                        Asked::End => drop(end.send(())),
                        Asked::Reload => drop(reload.try_send(())),
                    },
                }
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned());
        thread.spawn(move || block_on(&runtime, pin!(listen))).map_err(cannot)?;
        Ok(Signals {
            ends: Ends(ends),
            reloads,
        })
    }
}

impl Ends {
    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            pending::<()>().await;
        }
    }
}

/// Where signals come from.
#[cfg(unix)]
struct Sources {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Sources {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Sources {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::End,
            _ = self.terminate.recv() => Asked::End,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}

#[cfg(not(unix))]
struct Sources;

#[cfg(not(unix))]
impl Sources {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere signals may not be had")]
    fn new() -> io::Result<Self> {
        Ok(Sources)
    }

    async fn next(&mut self) -> Asked {
        // Without a console there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
        Asked::End
    }
}
