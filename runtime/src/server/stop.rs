//! How a server ends, and how that is waited for.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::Server;
use crate::accept::listener_set::Phase;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::reason::ExitReason;

/// How a server ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: ExitReason,
    pub(crate) stopped: Stopped,
}

/// What a stop did to the connections that there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// How many ended in good order: idle, or after their running call.
    pub finished: usize,
    /// How many were cut, as the time that `shutdown` gives was over.
    pub cut: usize,
    /// How many waited in the backlog to be served, and were closed in good order, with the words of `overload` if it has some.
    pub unserved: usize,
}

impl Ended {
    /// The runtime was dropped before the server could end.
    const TORN_DOWN: Ended = Ended {
        reason: ExitReason::Stopped,
        stopped: Stopped {
            finished: 0,
            cut: 0,
            unserved: 0,
        },
    };
}

/// A stop that has begun. Await it for its result; dropping it lets the stop go on.
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
    /// Whether a stop goes on serving for a while.
    pub(crate) fn delays_its_stop(&self) -> bool {
        *self.inner.leaving.borrow() && self.inner.listeners.phase() != Phase::Closed
    }

    /// Stops the server gracefully: the port closes, who waits in the backlog is told what `overload` says and closed in good order (and on
    /// Linux who is in the last round trip of its handshake: the port takes no new connections from the start, and closes when nobody came
    /// for 50 ms, or after a second), idle connections say goodbye
    /// ([`stopping`](crate::TcpServer::stopping)) and end, running calls finish within `shutdown`, and what
    /// is left then is cut.
    ///
    /// Begins at once, from anywhere, a callback included; await it for what became of the connections. A second stop is the
    /// first one, and skips what is left of [`stop_delay`](Options::stop_delay), for which the first one goes on serving.
    pub fn stop(&self) -> Stopping {
        let again = self.inner.leaving.send_replace(true);
        if again || self.inner.live.get().stop_delay.is_zero() {
            // Here rather than in the server's own task, so that a callback that stops it is the last one of its connection.
            self.begin_to_stop();
        }
        Stopping { server: self.clone() }
    }

    /// Ends a stop now: calls that run are cut.
    pub(crate) fn cut(&self) {
        self.begin_to_stop();
        self.inner.monitor.cut();
    }

    /// Takes nobody any more, and tells those who were taken; how many they are. In this order, so that nobody is left out.
    pub(crate) fn begin_to_stop(&self) -> usize {
        self.inner.listeners.close();
        self.inner.monitor.stop()
    }

    /// Waits until the server has ended. Many may wait.
    ///
    /// # Errors
    ///
    /// Why it ended by itself: [`ErrorKind::RestartIntensity`], caused by the exit that was one too many.
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
                    "{} ended as its restart intensity was exceeded: more than {max_restarts} restarts within {restart_period:?}",
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
