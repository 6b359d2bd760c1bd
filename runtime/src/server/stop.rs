//! The end of a server: stopping it and waiting for it.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::Server;
use crate::accept::listener_set::ListenPhase;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::reason::ExitReason;

/// The way in which a server ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: ExitReason,
    pub(crate) stopped: Stopped,
}

/// The effect of a stop on the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// The number of connections that ended cleanly: idle ones, and ones whose running call
    /// finished.
    pub finished: usize,
    /// The number of connections that were cut because the time of `shutdown` was over.
    pub cut: usize,
    /// The number of connections that waited in the backlog and got a clean close, after the
    /// message of `overload` if it has one.
    pub unserved: usize,
}

impl Ended {
    /// The runtime was dropped before the server ended.
    const TORN_DOWN: Ended = Ended {
        reason: ExitReason::Stopped,
        stopped: Stopped {
            finished: 0,
            cut: 0,
            unserved: 0,
        },
    };
}

/// A stop that has begun. Await it for the result; if you drop it, the stop continues.
#[derive(Debug)]
#[must_use = "await it to know when the server has stopped, or drop it: the stop goes on"]
pub struct Stopping {
    server: Server,
}

impl IntoFuture for Stopping {
    type Output = Stopped;
    type IntoFuture = Pin<Box<dyn Future<Output = Stopped> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.server.ended().await.stopped })
    }
}

impl Server {
    /// Returns whether the server is told to stop and still serves during `stop_delay`.
    pub(crate) fn delays_its_stop(&self) -> bool {
        *self.inner.leaving.borrow() && self.inner.listeners.phase() != ListenPhase::Closed
    }

    /// Stops the server gracefully: the port closes, idle connections say goodbye
    /// ([`stopping`](crate::TcpServer::stopping)) and end, running calls finish within `shutdown`,
    /// and the connections that are left then are cut.
    ///
    /// Clients that wait in the backlog receive the message of `overload` and get a clean close. On
    /// Linux this includes clients in the last round trip of their handshake: the port takes no new
    /// connections from the start, and closes when no client has come for 50 ms, or after a second.
    ///
    /// The stop begins at once and may be called from anywhere, also from a callback; await it for
    /// the number of connections that finished or were cut. A second call joins the first stop and
    /// skips the rest of [`stop_delay`](Options::stop_delay), during which the first stop continues
    /// to serve.
    pub fn stop(&self) -> Stopping {
        let again = self.inner.leaving.send_replace(true);
        if again || self.inner.live.get().stop_delay.is_zero() {
            // Begin here and not in the server's own task, so that a callback that stops the server
            // is the last one of its connection.
            self.begin_to_stop();
        }
        Stopping { server: self.clone() }
    }

    /// Completes a stop now: running calls are cut.
    pub(crate) fn cut(&self) {
        self.begin_to_stop();
        self.inner.monitor.cut();
    }

    /// Stops accepting, then tells the accepted connections; returns their number. This order
    /// leaves out no connection.
    pub(crate) fn begin_to_stop(&self) -> usize {
        self.inner.listeners.close();
        self.inner.monitor.stop()
    }

    /// Waits until the server has ended. Any number of tasks may wait.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::RestartIntensity`] if the server ended by itself; the source of the
    /// error is the exit that exceeded the restart intensity.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future only stops waiting.
    pub async fn wait(&self) -> Result {
        match self.ended().await.reason {
            ExitReason::Stopped => Ok(()),
            ExitReason::RestartIntensity => {
                let Options {
                    max_restarts,
                    restart_period,
                    ..
                } = self.inner.options;
                let message = format!(
                    "{} ended because its restart intensity was exceeded: more than {max_restarts} restarts within {restart_period:?}",
                    self.label()
                );
                let error = Error::new(ErrorKind::RestartIntensity, message);
                Err(match self.inner.supervisor.fault() {
                    Some(fault) => error.caused_by(fault),
                    None => error,
                })
            }
        }
    }

    async fn ended(&self) -> Ended {
        let mut ended = self.inner.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ended) => (*ended).unwrap_or(Ended::TORN_DOWN),
            Err(_) => Ended::TORN_DOWN,
        }
    }
}
