//! Where idle acceptors wait for connections, and what shuts and opens it: suspend, resume, stop.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::backlog::Leaving;
use crate::error::{Error, ErrorKind, Result};
use crate::farewell;
use crate::listener::Listener;
use crate::options::Options;
use crate::options::reload::Live;
use crate::overload::Overload;

/// What becomes of the port of a server that is [suspended](crate::Server::suspend).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// It stays open: who connects waits in the kernel's backlog, and is served after
    /// [`resume`](crate::Server::resume).
    Kept,
    /// It closes, so that another process can have it: who connects is refused.
    Released,
}

/// Whether connections are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    Suspended(Port),
    /// For good.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Gate {
    phase: watch::Sender<Phase>,
    /// The leader's place: one idle acceptor at a time waits here for a connection, the others wait for the place, first come
    /// first served. Empty while the port is closed, which it is in no phase but those that say so.
    listener: Mutex<Option<Listener>>,
    /// What the port is opened by again.
    options: Options,
    live: Arc<Live>,
    /// Where it lives.
    home: Handle,
}

impl Gate {
    /// An open one, on the caller's runtime.
    pub(crate) fn new(listener: Listener, local_addr: SocketAddr, options: Options, live: Arc<Live>) -> Self {
        Gate {
            phase: watch::Sender::new(Phase::Open),
            listener: Mutex::new(Some(listener)),
            options: if options.in_memory {
                options
            } else {
                options.port(local_addr.port())
            },
            live,
            home: Handle::current(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits while it is suspended. False: the server listens no more.
    pub(crate) async fn opened(&self) -> bool {
        let mut phase = self.phase.subscribe();
        let open = phase.wait_for(|phase| !matches!(phase, Phase::Suspended(_))).await;
        open.is_ok_and(|phase| *phase == Phase::Open)
    }

    /// Waits until nobody is to be taken any more, or for a while.
    pub(crate) async fn shut(&self) {
        drop(self.phase.subscribe().wait_for(|phase| *phase != Phase::Open).await);
    }

    /// Waits for the leader's place.
    pub(crate) async fn place(&self) -> MutexGuard<'_, Option<Listener>> {
        self.listener.lock().await
    }

    /// From here on nobody is taken. False: it is so already, or the server stops.
    pub(crate) fn suspend(&self, port: Port) -> bool {
        self.phase.send_if_modified(|phase| {
            let changes = match *phase {
                Phase::Open => true,
                // A port that is closed opens by `resume` alone, which says whether it can be had.
                Phase::Suspended(before) => before == Port::Kept && port == Port::Released,
                Phase::Closed => false,
            };
            if changes {
                *phase = Phase::Suspended(port);
            }
            changes
        })
    }

    /// Takes connections again; opens the port for that if it was closed. False: they were taken already.
    pub(crate) async fn resume(&self) -> Result<bool> {
        // Whoever closes the port holds it.
        let mut place = self.listener.lock().await;
        match self.phase() {
            Phase::Open => return Ok(false),
            Phase::Closed => return Err(Error::new(ErrorKind::NotRunning, "the server has stopped")),
            Phase::Suspended(_) => {}
        }
        if place.is_none() {
            let _home = self.home.enter();
            let (listener, _) = Listener::bind(&self.options, Arc::clone(&self.live))?;
            *place = Some(listener);
        }
        let resumed = self.phase.send_if_modified(|phase| {
            let suspended = matches!(phase, Phase::Suspended(_));
            if suspended {
                *phase = Phase::Open;
            }
            suspended
        });
        if resumed {
            Ok(true)
        } else {
            *place = None;
            Err(Error::new(ErrorKind::NotRunning, "the server has stopped"))
        }
    }

    /// Takes nobody any more, for good.
    pub(crate) fn close(&self) {
        self.phase.send_replace(Phase::Closed);
    }

    /// Waits until it is closed for good.
    pub(crate) async fn closed(&self) {
        drop(self.phase.subscribe().wait_for(|phase| *phase == Phase::Closed).await);
    }

    /// Closes the port whenever it is to be closed, in good order, until it is for good. How many waited in the backlog then.
    pub(crate) async fn keep(&self) -> usize {
        let mut phase = self.phase.subscribe();
        loop {
            let is_to_close = |phase: &Phase| matches!(phase, Phase::Suspended(Port::Released) | Phase::Closed);
            let for_good = phase
                .wait_for(is_to_close)
                .await
                .is_ok_and(|phase| *phase == Phase::Closed);
            let limit = if for_good {
                self.live.get().shutdown
            } else {
                farewell::TIME
            };
            let waited = self.close_port(limit).await;
            if for_good {
                return waited;
            }
            if waited > 0 {
                tracing::info!(name: "backlog emptied", waited, "{waited} connections waited for the port that was released: closed unserved");
            }
            drop(phase.changed().await);
        }
    }

    /// Closes the port, if it is to be closed and isn't.
    pub(crate) async fn close_port(&self, limit: Duration) -> usize {
        let mut place = self.listener.lock().await;
        let words = match self.options.overload {
            Overload::RefuseWith(words) => words,
            Overload::Backlog | Overload::Refuse => &[],
        };
        let mut leaving = Leaving::new(words, limit);
        let phase = self.phase();
        // Else it was resumed meanwhile.
        if matches!(phase, Phase::Suspended(Port::Released) | Phase::Closed) {
            match &mut *place {
                Some(listener) if phase != Phase::Closed && !listener.has_port() => leaving.empty(listener),
                place => {
                    if let Some(listener) = place.take() {
                        leaving.close(listener).await;
                    }
                }
            }
        }
        drop(place);
        leaving.all().await
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Port::Kept => "kept",
            Port::Released => "released",
        })
    }
}
