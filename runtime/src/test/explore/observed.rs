//! A server whose callbacks are observed.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::action::Action;
use crate::api::peer::Peer;
use crate::api::socket::Socket;
use crate::api::tcp_server::{Frame, TcpServer};
use crate::error::BoxError;
use crate::io::frozen::Frozen;
use crate::options::Options;
use crate::reason::{CloseReason, ExitReason, Failure};
use crate::supervisor::Supervisor;
use crate::table::arm::ListedArm;
use crate::table::protocol::Protocol;
use crate::table::state::ListedState;
#[cfg(feature = "tls-provider")]
use crate::transport::tls::handle::Tls;

/// The record of what the callbacks of a server did.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Calls of `connected` that returned a session.
    pub(super) sessions: AtomicU64,
    /// Calls of `closed`.
    pub(super) closed: AtomicU64,
    /// Runs of callbacks besides `handle_call` that may close a connection.
    pub(super) others: AtomicU64,
    /// Callbacks that have begun.
    pub(super) begun: AtomicU64,
    /// Calls that have begun and not ended.
    pub(super) calls: AtomicU64,
    pub(super) panics: AtomicU64,
    reason: Mutex<Option<CloseReason>>,
}

impl Seen {
    /// Returns and forgets why the last connection ended.
    pub(super) fn reason(&self) -> Option<CloseReason> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A callback that runs. Dropping it ends the callback, or tells that it panics.
struct Running<'s> {
    seen: &'s Seen,
    is_call: bool,
}

impl<'s> Running<'s> {
    fn call(seen: &'s Seen) -> Self {
        seen.begun.fetch_add(1, SeqCst);
        seen.calls.fetch_add(1, SeqCst);
        Running { seen, is_call: true }
    }

    /// One that can't close the connection.
    fn end(seen: &'s Seen) -> Self {
        seen.begun.fetch_add(1, SeqCst);
        Running { seen, is_call: false }
    }

    fn other(seen: &'s Seen) -> Self {
        seen.begun.fetch_add(1, SeqCst);
        seen.others.fetch_add(1, SeqCst);
        Running { seen, is_call: false }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.seen.panics.fetch_add(1, SeqCst);
        }
        if self.is_call {
            self.seen.calls.fetch_sub(1, SeqCst);
        }
    }
}

pub(super) struct Observed<S> {
    pub(super) server: S,
    pub(super) options: Options,
    pub(super) seen: Arc<Seen>,
}

// A default that isn't forwarded would silently replace the server's own method.
#[deny(clippy::missing_trait_methods)]
impl<S: TcpServer> TcpServer for Observed<S> {
    type Input = S::Input;
    type Session = S::Session;
    type Message = S::Message;

    const TAKES_MESSAGES: bool = S::TAKES_MESSAGES;
    const RELOADS: bool = S::RELOADS;
    const ARMS: &'static [ListedArm] = S::ARMS;
    const STATES: &'static [ListedState] = S::STATES;
    const HANDS_OVER: bool = S::HANDS_OVER;
    const IS_SYNC: bool = S::IS_SYNC;

    fn label() -> &'static str {
        S::label()
    }

    fn protocol() -> Option<&'static Protocol> {
        S::protocol()
    }

    #[cfg(feature = "inspect")]
    fn debug_session(session: &S::Session) -> Option<&dyn std::fmt::Debug> {
        S::debug_session(session)
    }

    #[cfg(feature = "tls-provider")]
    fn tls_config(&self) -> Option<Tls> {
        self.server.tls_config()
    }

    fn enter_state(session: &mut S::Session, state: usize) {
        S::enter_state(session, state);
    }

    fn options(&self) -> Options {
        self.options
    }

    async fn reload(&self) -> Result<Options, BoxError> {
        self.server.reload().await
    }

    async fn init(&mut self, supervisor: &Supervisor) -> Result<(), BoxError> {
        let _running = Running::end(&self.seen);
        self.server.init(supervisor).await
    }

    async fn connected(&self, socket: &mut Socket, peer: Peer<S::Message>) -> Result<S::Session, BoxError> {
        let _running = Running::other(&self.seen);
        let session = self.server.connected(socket, peer).await?;
        self.seen.sessions.fetch_add(1, SeqCst);
        Ok(session)
    }

    async fn handle_call<'a>(
        &'a self,
        frame: Frame<'a, Self>,
        session: &'a mut S::Session,
    ) -> Result<Action<'a>, BoxError> {
        let _running = Running::call(&self.seen);
        self.server.handle_call(frame, session).await
    }

    async fn handle_info<'a>(
        &'a self,
        message: S::Message,
        socket: &'a mut Socket,
        session: &'a mut S::Session,
    ) -> Result<Action<'a>, BoxError> {
        let _running = Running::other(&self.seen);
        self.server.handle_info(message, socket, session).await
    }

    async fn passive<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut S::Session,
    ) -> Result<Action<'a>, BoxError> {
        let _running = Running::other(&self.seen);
        self.server.passive(socket, session).await
    }

    async fn failed<'a>(&'a self, failure: &'a Failure, session: &'a mut S::Session) -> Result<Action<'a>, BoxError> {
        let _running = Running::other(&self.seen);
        self.server.failed(failure, session).await
    }

    async fn stopping<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut S::Session,
    ) -> Result<Action<'a>, BoxError> {
        let _running = Running::other(&self.seen);
        self.server.stopping(socket, session).await
    }

    async fn closed(&self, session: S::Session, reason: CloseReason) -> Result<(), BoxError> {
        *self.seen.reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.seen.closed.fetch_add(1, SeqCst);
        let _running = Running::end(&self.seen);
        self.server.closed(session, reason).await
    }

    async fn freeze<'a>(&'a self, session: &'a mut S::Session) -> Result<Frozen, BoxError> {
        let _running = Running::end(&self.seen);
        self.server.freeze(session).await
    }

    async fn thaw(&self, frozen: Frozen) -> Result<S::Session, BoxError> {
        let _running = Running::end(&self.seen);
        self.server.thaw(frozen).await
    }

    async fn taken_over<'a>(
        &'a self,
        socket: &'a mut Socket,
        peer: Peer<S::Message>,
        session: &'a mut S::Session,
    ) -> Result<(), BoxError> {
        let _running = Running::other(&self.seen);
        self.server.taken_over(socket, peer, session).await
    }

    async fn terminate(&self, reason: &ExitReason) -> Result<(), BoxError> {
        let _running = Running::end(&self.seen);
        self.server.terminate(reason).await
    }
}
