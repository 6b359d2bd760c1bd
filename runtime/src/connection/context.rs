//! The context that all connections of one server share: the server, its options, and what limits
//! their log lines.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::field::display;

use crate::error::{Chain, Error, ErrorKind};
use crate::io::link::Link;
use crate::log::{Limiter, Quoted, Unsaid, event};
use crate::options::Options;
use crate::options::reload::OptionsSnapshot;
use crate::panics::discard;
use crate::reason::Failure;
use crate::server::Server;
use crate::server::timeouts::Limit;

#[derive(Debug)]
pub(crate) struct Context<S> {
    /// The user's server.
    pub(crate) server: S,
    /// The options that the server was started under.
    pub(crate) options: Options,
    pub(crate) handle: Server,
    pub(crate) log: Logs,
}

impl<S> Context<S> {
    /// Returns the options of the moment, for what begins now.
    pub(crate) fn live(&self) -> Arc<Options> {
        self.now().options
    }

    pub(crate) fn now(&self) -> OptionsSnapshot {
        self.handle.inner().live.now()
    }

    /// Logs that a callback failed, and escapes what its error says.
    pub(crate) fn log_call(&self, callback: &'static str, link: Option<&Link>, error: impl fmt::Display) {
        let state = link.and_then(|link| self.handle.inner().state_of(link));
        self.log.call(self.handle.label(), callback, link, state, &error);
        discard(error);
    }

    /// Logs that what came is no frame; returns the failure. What the error says may be the peer's
    /// words, so it is escaped.
    pub(crate) fn frame_failure(&self, link: &Link, error: &Error) -> Failure {
        self.log_peer(link, Quoted(Chain(error)));
        match error.kind() {
            ErrorKind::TooLong => Failure::TooLong,
            _ => Failure::Malformed,
        }
    }

    /// Counts that a time limit was reached.
    pub(crate) fn count_timeout(&self, limit: Limit) {
        self.handle.inner().timeouts.add(limit);
    }

    /// Logs that a connection fails for what its peer did; returns `problem`.
    pub(crate) fn log_peer<T: fmt::Display>(&self, link: &Link, problem: T) -> T {
        let state = self.handle.inner().state_of(link);
        self.log.peer(self.handle.label(), link, state, &problem);
        problem
    }
}

/// One limiter for each kind of line that peers can cause.
#[derive(Debug)]
pub(crate) struct Logs {
    /// A callback failed or panicked.
    pub(crate) calls: Limiter,
    /// A connection closed for something that the peer did.
    pub(crate) peers: Limiter,
    /// All processes are busy.
    pub(crate) busy: Limiter,
}

/// Compiled once, not for each server.
impl Logs {
    pub(crate) fn call(
        &self,
        server: &str,
        callback: &str,
        link: Option<&Link>,
        state: Option<&str>,
        error: &dyn fmt::Display,
    ) {
        let Some(Unsaid(unsaid)) = self.calls.admit() else {
            return;
        };
        let (peer, error) = (link.map(|link| display(link.peer_addr())), Quoted(error));
        event!(warn, name: "call failed", server, callback, peer, state, unsaid, "{callback} failed: {error}");
    }

    fn peer(&self, server: &str, link: &Link, state: Option<&str>, problem: &dyn fmt::Display) {
        if let Some(Unsaid(unsaid)) = self.peers.admit() {
            let peer = link.peer_addr();
            event!(warn, name: "peer failed", server, %peer, state, unsaid, "{problem}");
        }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Logs {
            calls: Limiter::default(),
            peers: Limiter::default(),
            // A small server is busy at each connection.
            busy: Limiter::new(1, Duration::from_secs(10)),
        }
    }
}
