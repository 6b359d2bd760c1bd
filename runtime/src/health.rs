//! Says over HTTP whether a server is ready, to load balancers and orchestrators.
//!
//! It is no HTTP server: whatever is asked has one answer, and who asks has little time, and little to say.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::error::Result;
use crate::listener;
use crate::server::{Server, State};
use crate::supervisor::{ChildSpec, Restart};
use crate::task::Task;

/// How many are answered at a time. One more takes the place of the one that has taken longest.
const MAX_ASKING: usize = 16;

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
        let (listener, local_addr) = listener::open(addr, true, 128)?;
        Ok(Health {
            listener: Arc::new(listener),
            local_addr,
        })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What answers, as a child of the server's supervisor: so it ends after the server has stopped.
    pub(crate) fn child(self, server: Server) -> ChildSpec {
        let spec = ChildSpec::new("health", move || answer_all(Arc::clone(&self.listener), server.clone()));
        spec.restart(Restart::Permanent)
    }
}

async fn answer_all(listener: Arc<TcpListener>, server: Server) {
    let mut answers = JoinSet::new();
    let mut asking = VecDeque::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if asking.len() == MAX_ASKING
                        && let Some(longest) = asking.pop_front()
                    {
                        tokio::task::AbortHandle::abort(&longest);
                    }
                    let server = server.clone();
                    let answer = Task::new(async { drop(timeout(PATIENCE, answer(stream, server)).await) });
                    asking.push_back(answers.spawn(answer));
                }
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = answers.join_next() => asking.retain(|answer| !answer.is_finished()),
        }
    }
}

async fn answer(mut stream: TcpStream, server: Server) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.contains(&b'\n') {
        let left = REQUEST_MAX.saturating_sub(request.len()) as u64;
        if (&mut stream).take(left).read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (status, word) = match server.state() {
        State::Listening => ("200 OK", "ready"),
        State::Suspended(_) => ("503 Service Unavailable", "suspended"),
        State::Stopping | State::Stopped => ("503 Service Unavailable", "stopping"),
    };
    let body = if request.starts_with(b"HEAD ") {
        String::new()
    } else {
        format!("{word}\n")
    };
    let length = word.len() + 1;
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
