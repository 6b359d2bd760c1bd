//! A new version of the program takes over, and no connection is lost.
//!
//! [`upgrade`] starts a new process, which gets the listening sockets and serves from then on.
//! Under [`run`](crate::run) the signal SIGUSR2 does it, where a server has the option `upgrade`.
//! Clients that connect meanwhile wait for some milliseconds, and none is refused.
//!
//! A server with [`freeze`](crate::TcpServer::freeze) and [`thaw`](crate::TcpServer::thaw), or with
//! the option `session_version`, hands its open connections over as well: each between two calls,
//! once its replies are sent, with its session, what it has read and not handled, the state of the
//! protocol, the packet mode, the active count, the limits that its callbacks have set, and the
//! time that its deadlines have left. Its peer notices nothing. What can't be handed over stays in
//! the old process, which serves it for the time of `shutdown` and then closes it as
//! [`Server::stop`] does: connections of TLS and of the program's own transports, those behind a
//! proxy that haven't sent its header yet, those whose codec remembers anything, those whose
//! session `freeze` or `thaw` refuses, those whose `thaw` takes longer than half a second, those
//! whose peer `allow` and `deny` of the new program don't let in, and those with more than 16 MiB
//! to take along.
//!
//! The new process keeps places among its `max_processes` for the connections that may still come.
//! One that comes counts for `max_per_ip`, and isn't refused for it.
//!
//! # Failures
//!
//! A connection is served by one process at each moment. If the new process ends, hangs, or refuses
//! before it serves, all goes on in the old one, after `upgrade_timeout` at the latest. From then
//! on a connection lives and ends with the new process. Those that follow later and that it can't
//! take stay in the old one. If the old process ends in the middle, the new one serves what has
//! come to it by then.
//!
//! Both programs need compatible releases of this crate: with another one the upgrade may fail, and
//! all goes on in the old process.
//!
//! # Trust
//!
//! The new process runs as the same user, and gets all that the old one's clients have said. It
//! gets the old one's working directory and environment, but for what systemd says of the old
//! process alone, and under `run` its arguments. The two talk through a pair of sockets that nobody
//! else has; the new process makes sure that its parent has made it.

mod arrival;
mod channel;
mod departure;
mod message;
mod new_process;

use std::process::Command;
use std::time::Duration;

use tokio::sync::oneshot;

pub use self::arrival::ready;
pub(crate) use self::arrival::{Inherited, failed, take};
use crate::error::{Error, ErrorKind, Result};
use crate::server::Server;
use crate::task::Task;

/// The variable by which a process knows that an old one has started it: it has that one's number.
const VARIABLE: &str = "KAI_TCP_SERVER_UPGRADE";

/// The time that a process waits for what the old one passes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most characters that one process tells the other of an error.
const SAID: usize = 1000;

/// The result of an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgraded {
    /// The number of the new process.
    pub pid: u32,
    /// The number of connections that were handed over.
    pub connections: usize,
    /// The number of connections that are to be handed over as soon as their call is done.
    pub waiting: usize,
}

impl Server {
    /// Lets a new version of the program take this server over; see [`upgrade`].
    ///
    /// # Errors
    ///
    /// Those of [`upgrade`].
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future only stops waiting: the upgrade goes on.
    pub async fn upgrade(&self, command: Command) -> Result<Upgraded> {
        upgrade(std::slice::from_ref(self), command).await
    }
}

/// Lets a new version of the program take servers over: all that this process has, as the new one
/// needs their ports.
///
/// `command` starts it; its standard input is set here. The new process starts servers of the same
/// names, or types, and says that it is [`ready`]. Two servers of one name or type can't be told
/// apart, so give them names. Returns once it serves. The servers of this process then stop by
/// themselves, so [`Server::wait`] returns: a program whose `main` waits for them ends.
///
/// # Errors
///
/// All goes on as before after an error:
///
/// - [`ErrorKind::Upgrade`] if the new process can't be started, ends, refuses its configuration,
///   or takes longer than `upgrade_timeout`, or if another upgrade is under way,
/// - [`ErrorKind::NotRunning`] if a server is stopping or has stopped.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Cancel safety
///
/// Dropping the future only stops waiting: the upgrade goes on.
///
/// # Examples
///
/// ```no_run
/// use std::process::Command;
/// use kai_tcp_server::{Action, start, tcp_server};
/// use tokio::signal::unix::{SignalKind, signal};
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
///     // In the new process this goes on with the port of the old one.
///     let server = start(Echo).await?;
///     let asked = server.clone();
///     tokio::spawn(async move {
///         let mut signal = signal(SignalKind::user_defined2())?;
///         while signal.recv().await.is_some() {
///             if let Err(error) = asked.upgrade(Command::new("/usr/local/bin/echo")).await {
///                 eprintln!("{error:?}");
///             }
///         }
///         std::io::Result::Ok(())
///     });
///     server.wait().await
/// }
/// ```
pub async fn upgrade(servers: &[Server], command: Command) -> Result<Upgraded> {
    let (told, upgraded) = oneshot::channel();
    let departure = departure::depart(servers.to_vec(), command, told);
    tokio::spawn(Task::new(departure));
    let ended = |_| Error::new(ErrorKind::NotRunning, "the runtime ends");
    upgraded.await.map_err(ended)?
}

/// Returns what is told to the other process, shortened.
fn short(said: &impl std::fmt::Display) -> String {
    said.to_string().chars().take(SAID).collect()
}
