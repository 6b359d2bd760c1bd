//! Says over HTTP whether a server is ready, to load balancers and orchestrators.
//!
//! It is no HTTP server: whatever is asked has one answer, and who asks has little time, and little
//! to say.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::accept::error::AcceptError;
use crate::accept::fd_limit::HEALTH_CHECKS;
use crate::error::Result;
use crate::log::{Limiter, Unsaid, event};
use crate::server::{Server, ServerState};
use crate::supervisor::{ChildSpec, Restart};
use crate::task::Task;
use crate::transport::tcp;

/// How many may wait to be accepted: as many as come at once.
const BACKLOG: u32 = 1024;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest request line that is read, and how much behind it.
const REQUEST_MAX: usize = 1024;
const REST_MAX: usize = 16 * 1024;

/// The pause after an accept that failed.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Health {
    listener: Arc<TcpListener>,
    local_addr: SocketAddr,
}

impl Health {
    /// Opens the port.
    pub(crate) fn bind(addr: SocketAddr) -> Result<Self> {
        let (listener, local_addr) = tcp::listener::open(addr, true, BACKLOG)?;
        Ok(Health {
            listener: Arc::new(listener),
            local_addr,
        })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What answers, as a child of the server's supervisor: so it ends after the server has
    /// stopped.
    pub(crate) fn child(self, server: Server) -> ChildSpec {
        let spec = ChildSpec::new("health", move || answer_all(Arc::clone(&self.listener), server.clone()));
        spec.restart(Restart::Permanent)
    }
}

/// # Errors
///
/// The listener is lost.
async fn answer_all(listener: Arc<TcpListener>, server: Server) -> io::Result<()> {
    let failures = Limiter::new(1, Duration::from_secs(10));
    let mut asking = Asking::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => asking.add(stream, server.clone()),
                Err(error) => match AcceptError::of(&error) {
                    AcceptError::Retry => {}
                    AcceptError::Lost => return Err(error),
                    AcceptError::Pause => {
                        if let Some(Unsaid(unsaid)) = failures.admit() {
                            let server = server.label();
                            event!(warn, name: "health accept failed", server, %error, unsaid, "{server}: the health port pauses for {PAUSE:?}: {error}");
                        }
                        sleep(PAUSE).await;
                    }
                },
            },
            Some(_) = asking.answers.join_next() => asking.there.retain(|one| !one.task.is_finished()),
        }
    }
}

/// Those who are connected, longest first; they end with this.
#[derive(Default)]
struct Asking {
    answers: JoinSet<()>,
    there: VecDeque<One>,
}

struct One {
    task: AbortHandle,
    /// Whether it has asked, and so has its answer.
    has_asked: Arc<AtomicBool>,
}

impl Asking {
    fn add(&mut self, stream: TcpStream, server: Server) {
        if self.there.len() >= HEALTH_CHECKS {
            // Who has an answer and doesn't leave has had more than those.
            let silent = self.there.iter().position(|one| !one.has_asked.load(Relaxed));
            if let Some(one) = self.there.remove(silent.unwrap_or_default()) {
                one.task.abort();
            }
        }
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&has_asked);
        let answer = Task::new(async move { drop(timeout(PATIENCE, answer(stream, server, &asked)).await) });
        let task = self.answers.spawn(answer);
        self.there.push_back(One { task, has_asked });
    }
}

async fn answer(mut stream: TcpStream, server: Server, has_asked: &AtomicBool) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.contains(&b'\n') {
        let left = REQUEST_MAX.saturating_sub(request.len()) as u64;
        if (&mut stream).take(left).read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    has_asked.store(true, Relaxed);
    let (status, word) = match server.state() {
        ServerState::Listening => ("200 OK", "ready"),
        ServerState::Suspended(_) => ("503 Service Unavailable", "suspended"),
        ServerState::Stopping | ServerState::Stopped => ("503 Service Unavailable", "stopping"),
    };
    let mut body = format!("{word}\n");
    for addr in server.local_addrs() {
        body = body + &addr.to_string() + "\n";
    }
    let length = body.len();
    if request.starts_with(b"HEAD ") {
        body.clear();
    }
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // A reset would eat the answer.
    let mut rest = (&mut stream).take(REST_MAX as u64);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
