//! Ports that say how a server is, to load balancers and orchestrators: over HTTP (`health`), and in
//! a line on connect (`agent_check`).
//!
//! They share what bounds them: the number of clients, and the time of each.

mod agent_check;
mod health;
#[cfg(feature = "metrics")]
mod scrape;

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::accept::error::AcceptError;
use crate::accept::fd_limit::STATUS_CLIENTS;
use crate::error::Result;
use crate::log::{Limiter, Unsaid, event};
use crate::server::Server;
use crate::supervisor::{ChildSpec, Restart};
use crate::task::Task;
use crate::transport::passed::Passed;
use crate::transport::tcp;

/// The number of clients that may wait to be accepted: as many as come at once.
const BACKLOG: u32 = 1024;

/// The time that one client may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The number of bytes that are read behind what was asked, and discarded.
const REST_MAX: u64 = 16 * 1024;

/// The pause after an accept that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// The options that open a status port, each with its way to answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Health,
    AgentCheck,
}

impl Kind {
    /// Returns the name of the option, which is also that of the child.
    fn name(self) -> &'static str {
        match self {
            Kind::Health => "health",
            Kind::AgentCheck => "agent_check",
        }
    }

    /// Returns the answer, after the client has asked, if it has to.
    async fn answer(self, stream: &mut TcpStream, server: &Server) -> io::Result<Option<String>> {
        match self {
            Kind::Health => health::answer(stream, server).await,
            Kind::AgentCheck => Ok(Some(agent_check::line(server))),
        }
    }
}

/// A port that is open, and answers once its child runs.
#[derive(Debug)]
pub(crate) struct StatusPort {
    kind: Kind,
    listener: Arc<TcpListener>,
    local_addr: SocketAddr,
    /// The key by which a new process finds the socket.
    #[cfg_attr(not(all(target_os = "linux", feature = "upgrade")), expect(dead_code))]
    key: String,
}

impl StatusPort {
    /// Opens the port, unless an old process has passed it on.
    pub(crate) fn bind(kind: Kind, addr: SocketAddr, passed: &mut Passed) -> Result<Self> {
        let key = format!("{} {addr}", kind.name());
        let (listener, local_addr) = tcp::listener::open(addr, true, BACKLOG, passed.take(&key))?;
        Ok(StatusPort {
            kind,
            listener: Arc::new(listener),
            local_addr,
            key,
        })
    }

    /// Returns what a new process gets. It keeps no port open whose child has ended.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn share(&self) -> (String, Weak<TcpListener>) {
        (self.key.clone(), Arc::downgrade(&self.listener))
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Returns what answers, as a child of the server's supervisor: so it ends after the server has
    /// stopped.
    pub(crate) fn child(self, server: Server) -> ChildSpec {
        let kind = self.kind;
        let spec = ChildSpec::new(kind.name(), move || {
            answer_all(kind, Arc::clone(&self.listener), server.clone())
        });
        spec.restart(Restart::Permanent)
    }
}

/// # Errors
///
/// The listener is lost.
async fn answer_all(kind: Kind, listener: Arc<TcpListener>, server: Server) -> io::Result<()> {
    let failures = Limiter::new(1, Duration::from_secs(10));
    let mut asking = Asking::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => asking.add(kind, stream, server.clone()),
                Err(error) => match AcceptError::of(&error) {
                    AcceptError::Retry => {}
                    AcceptError::Lost => return Err(error),
                    AcceptError::Pause => {
                        if let Some(Unsaid(unsaid)) = failures.admit() {
                            let (server, port) = (server.label(), kind.name());
                            event!(warn, name: "status accept failed", server, port, %error, unsaid, "{server}: the port of {port} pauses for {PAUSE:?}: {error}");
                        }
                        sleep(PAUSE).await;
                    }
                },
            },
            () = given_away(&server) => {
                // A new process answers from here on. Those that have come have their answers.
                while asking.answers.join_next().await.is_some() {}
                pending::<()>().await;
            }
            Some(_) = asking.answers.join_next() => asking.there.retain(|one| !one.task.is_finished()),
        }
    }
}

/// Waits until a new process has the ports of the server.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
async fn given_away(server: &Server) {
    server.inner().listeners.given_away().await;
}

#[cfg(not(all(target_os = "linux", feature = "upgrade")))]
async fn given_away(_: &Server) {
    pending::<()>().await;
}

/// Those who are connected, longest first; they end with this.
#[derive(Default)]
struct Asking {
    answers: JoinSet<()>,
    there: VecDeque<One>,
}

struct One {
    task: AbortHandle,
    /// True if it has asked, and so has its answer.
    has_asked: Arc<AtomicBool>,
}

impl Asking {
    fn add(&mut self, kind: Kind, stream: TcpStream, server: Server) {
        if self.there.len() >= STATUS_CLIENTS {
            // A client that has its answer and doesn't leave has had more than the silent ones.
            let silent = self.there.iter().position(|one| !one.has_asked.load(Relaxed));
            if let Some(one) = self.there.remove(silent.unwrap_or_default()) {
                one.task.abort();
            }
        }
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&has_asked);
        let answer = Task::new(async move { drop(timeout(PATIENCE, answer(kind, stream, server, &asked)).await) });
        let task = self.answers.spawn(answer);
        self.there.push_back(One { task, has_asked });
    }
}

async fn answer(kind: Kind, mut stream: TcpStream, server: Server, has_asked: &AtomicBool) -> io::Result<()> {
    let Some(answer) = kind.answer(&mut stream, &server).await? else {
        return Ok(());
    };
    has_asked.store(true, Relaxed);
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // A close with unread bytes is a reset, which would destroy the answer.
    let mut rest = (&mut stream).take(REST_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
