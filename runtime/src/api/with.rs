//! `with`: a server with other options.

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
#[cfg(any(feature = "describe", feature = "inspect", feature = "test"))]
use crate::table::protocol::Protocol;
use crate::table::state::ListedState;
#[cfg(feature = "tls-provider")]
use crate::transport::tls::handle::Tls;

/// Returns the same server with other options, for [`run`](crate::run) and [`start`](crate::start).
///
/// `packet`, `delimiter` and `active` belong to the protocol, so the server keeps its own. Options
/// that are set here override the environment, if the server reads it ([`Options::env`]).
///
/// # Examples
///
/// ```
/// # use kai_tcp_server::{Action, start, tcp_server, with};
/// # struct Echo;
/// # #[tcp_server(port = 10000)]
/// # impl Echo {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// # #[tokio::main]
/// # async fn main() -> kai_tcp_server::Result {
/// let server = start(with(Echo, Echo::OPTIONS.port(0).max_processes(100))).await?;
/// assert_ne!(server.local_addr().port(), 10000);
/// # Ok(())
/// # }
/// ```
pub fn with<S: TcpServer>(server: S, options: Options) -> With<S> {
    let options = options.for_protocol_of(&server.options());
    With {
        server,
        options,
        #[cfg(feature = "tls-provider")]
        tls: None,
    }
}

/// A server with other options, made by [`with`].
#[derive(Debug)]
pub struct With<S> {
    server: S,
    options: Options,
    #[cfg(feature = "tls-provider")]
    tls: Option<Tls>,
}

#[cfg(feature = "tls-provider")]
impl<S: TcpServer> With<S> {
    /// Speaks TLS on the port by a configuration of the program's own, in place of the files that
    /// `tls(…)` names.
    ///
    /// With the option `tls_starttls` the connections begin in plain. To change the configuration
    /// of the running server keep a clone of it, and see [`Tls::replace`].
    #[must_use]
    pub fn tls(mut self, tls: impl Into<Tls>) -> Self {
        self.tls = Some(tls.into());
        self
    }
}

// A default that isn't forwarded would silently replace the server's own method.
#[deny(clippy::missing_trait_methods)]
impl<S: TcpServer> TcpServer for With<S> {
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

    #[cfg(feature = "tls-provider")]
    fn tls_config(&self) -> Option<Tls> {
        self.tls.clone().or_else(|| self.server.tls_config())
    }

    fn enter_state(session: &mut S::Session, state: usize) {
        S::enter_state(session, state);
    }

    #[cfg(any(feature = "describe", feature = "inspect", feature = "test"))]
    fn protocol() -> Option<&'static Protocol> {
        S::protocol()
    }

    #[cfg(feature = "inspect")]
    fn debug_session(session: &S::Session) -> Option<&dyn std::fmt::Debug> {
        S::debug_session(session)
    }

    fn options(&self) -> Options {
        self.options
    }

    async fn reload(&self) -> Result<Options, BoxError> {
        let options = self.server.reload().await?;
        Ok(options.for_protocol_of(&self.options))
    }

    fn init(&mut self, supervisor: &Supervisor) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.server.init(supervisor)
    }

    fn connected(
        &self,
        socket: &mut Socket,
        peer: Peer<S::Message>,
    ) -> impl Future<Output = Result<S::Session, BoxError>> + Send {
        self.server.connected(socket, peer)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "otherwise an action goes through memory twice")]
    fn handle_call<'a>(
        &'a self,
        frame: Frame<'a, Self>,
        session: &'a mut S::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        self.server.handle_call(frame, session)
    }

    fn handle_info<'a>(
        &'a self,
        message: S::Message,
        socket: &'a mut Socket,
        session: &'a mut S::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        self.server.handle_info(message, socket, session)
    }

    fn passive<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut S::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        self.server.passive(socket, session)
    }

    fn failed<'a>(
        &'a self,
        failure: &'a Failure,
        session: &'a mut S::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        self.server.failed(failure, session)
    }

    fn stopping<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut S::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        self.server.stopping(socket, session)
    }

    fn closed(&self, session: S::Session, reason: CloseReason) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.server.closed(session, reason)
    }

    fn freeze<'a>(&'a self, session: &'a mut S::Session) -> impl Future<Output = Result<Frozen, BoxError>> + Send {
        self.server.freeze(session)
    }

    fn thaw(&self, frozen: Frozen) -> impl Future<Output = Result<S::Session, BoxError>> + Send {
        self.server.thaw(frozen)
    }

    fn taken_over<'a>(
        &'a self,
        socket: &'a mut Socket,
        peer: Peer<S::Message>,
        session: &'a mut S::Session,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.server.taken_over(socket, peer, session)
    }

    fn terminate(&self, reason: &ExitReason) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.server.terminate(reason)
    }
}
