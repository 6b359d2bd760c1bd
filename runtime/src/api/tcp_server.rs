//! The behaviour of a server, implemented by the attribute or by hand.

use std::future::{Future, ready};

use crate::api::action::Action;
use crate::api::input::Input;
use crate::api::peer::Peer;
use crate::api::socket::Socket;
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

/// The frame that `handle_call` of `S` takes.
pub type Frame<'a, S> = <<S as TcpServer>::Input as Input>::Frame<'a>;

/// A value that all connections can share on any thread: any type that is `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a server: all connections share it, on any thread, so it is `Send + Sync + 'static`, and so is all that it holds",
    label = "something in this isn't",
    note = "an `Rc` becomes an `Arc`; a `Cell` or `RefCell` a `Mutex` or an atomic; a `Box<dyn Trait>` a `Box<dyn Trait + Send + Sync>`",
    note = "a type parameter may need its bounds: `T: Send + Sync + 'static`",
    note = "what belongs to one connection alone goes into its session, which has to be `Send` only"
)]
pub trait Shareable: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shareable for T {}

/// A TCP server; the attribute implements this trait, and so can you by hand.
///
/// One value serves all connections; the state of one connection is its session.
///
/// # Cancel safety
///
/// The future of a callback may be dropped at an `.await`, but only in these cases:
///
/// - the callback takes longer than `call_timeout`;
/// - the connection is closed by its [`Peer`] or its [`Server`](crate::Server);
/// - the time of `shutdown` is over, or the acceptor is killed;
/// - the peer resets the connection, or reads nothing of the replies within `send_timeout`;
/// - the option `half_close` is `false`, and the peer's input ends.
///
/// [`Socket::closed`] lets the callback know of a reset or an end of the input earlier.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, BoxError, Frame, Options, Peer, Socket, TcpServer, input};
///
/// struct Echo;
///
/// impl TcpServer for Echo {
///     type Input = input::Slice;
///     type Session = ();
///     type Message = ();
///
///     fn options(&self) -> Options {
///         Options::new().port(10000)
///     }
///
///     async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
///         Ok(())
///     }
///
///     async fn handle_call<'a>(
///         &'a self,
///         data: Frame<'a, Self>,
///         _: &'a mut (),
///     ) -> Result<Action<'a>, BoxError> {
///         Ok(Action::reply(data))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no TCP server",
    label = "nothing implements `TcpServer` for this",
    note = "the attribute does, on the type's own block: `#[tcp_server(port = 10000)] impl … {{ … }}`"
)]
pub trait TcpServer: Sized + Shareable {
    /// The input of `handle_call`.
    type Input: Input;
    /// The state of one connection.
    type Session: Send + 'static;
    /// The message that other tasks send to a connection through its [`Peer`].
    type Message: Send + 'static;

    /// Whether the server has a `handle_info`. If so, its connections receive messages, and are
    /// active by default.
    const TAKES_MESSAGES: bool = false;

    /// Whether the server has a `reload`. If so, a signal may change the options of the running
    /// server.
    const RELOADS: bool = false;

    /// The arms of the table, as the attribute lists and counts them. If you implement `TcpServer`
    /// by hand as a wrapper, set it to the inner server's.
    ///
    /// It is no more than a running server needs; what else is known of the arms is the constant
    /// `PROTOCOL` of the server's type, a [`Protocol`](crate::Protocol).
    const ARMS: &'static [ListedArm] = &[];

    /// The states of the protocol, the initial one first; empty if it has none. The attribute sets it
    /// by its option `state`. If you implement `TcpServer` by hand as a wrapper, set it to the inner
    /// server's, and forward [`enter_state`](Self::enter_state).
    const STATES: &'static [ListedState] = &[];

    /// True if the connections are handed over to a new version of the program, by
    /// [`freeze`](Self::freeze) and [`thaw`](Self::thaw). The attribute sets it where these are
    /// written, or where the option `session_version` is.
    const HANDS_OVER: bool = false;

    /// Whether the future of a call is ready from the start; the attribute sets this for a
    /// `handle_call` that never waits. Such calls run as plain function calls.
    #[doc(hidden)]
    const IS_SYNC: bool = false;

    /// Returns the name of a server without a registered name in log lines: the name of its type.
    #[doc(hidden)]
    fn label() -> &'static str {
        let path = std::any::type_name::<Self>();
        let bare = path.split('<').next().unwrap_or(path);
        bare.rsplit("::").next().unwrap_or(bare)
    }

    /// Returns the TLS configuration of the server's port, if it is one of the program's own.
    #[cfg(feature = "tls-provider")]
    #[doc(hidden)]
    fn tls_config(&self) -> Option<Tls> {
        None
    }

    /// Tells a session the state that its connection is in, by its place in [`STATES`](Self::STATES):
    /// before each callback that takes the session. It is called only if there are states.
    fn enter_state(session: &mut Self::Session, state: usize) {
        let _ = (session, state);
    }

    /// Returns the protocol as data, for what makes something of any server: the attribute returns
    /// the constant `PROTOCOL`. If you implement `TcpServer` by hand as a wrapper, return the inner
    /// server's.
    #[cfg(any(feature = "describe", feature = "inspect", feature = "test"))]
    fn protocol() -> Option<&'static Protocol> {
        None
    }

    /// Returns a session as an operator may see it ([`Server::inspect`](crate::Server::inspect)):
    /// the attribute returns the session itself, if its type implements `Debug`. If you implement
    /// `TcpServer` by hand as a wrapper, return what the inner server does.
    #[cfg(feature = "inspect")]
    fn debug_session(session: &Self::Session) -> Option<&dyn std::fmt::Debug> {
        let _ = session;
        None
    }

    /// Returns the options that the server starts with.
    fn options(&self) -> Options;

    /// Returns new options for the running server when a reload is requested (SIGHUP under
    /// [`run`](crate::run)), for instance from a file. It is called only if
    /// [`RELOADS`](Self::RELOADS) is true.
    ///
    /// The options are applied as by [`Server::reload`](crate::Server::reload). After an error
    /// nothing has changed.
    fn reload(&self) -> impl Future<Output = Result<Options, BoxError>> + Send {
        ready(Ok(self.options()))
    }

    /// Runs once, before the port opens; may start children. After an error the server doesn't
    /// start.
    fn init(&mut self, supervisor: &Supervisor) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = supervisor;
        ready(Ok(()))
    }

    /// Runs when a connection begins; may send a greeting. An error closes the connection. As there
    /// is no session then, neither `failed` nor `closed` runs.
    fn connected(
        &self,
        socket: &mut Socket,
        peer: Peer<Self::Message>,
    ) -> impl Future<Output = Result<Self::Session, BoxError>> + Send;

    /// Handles a frame.
    fn handle_call<'a>(
        &'a self,
        frame: Frame<'a, Self>,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send;

    /// Handles a message.
    fn handle_info<'a>(
        &'a self,
        message: Self::Message,
        socket: &'a mut Socket,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (message, socket, session);
        ready(Ok(Action::noreply()))
    }

    /// Runs after the last frame of an `active` count was handled, or after the count was set to 0:
    /// once for each time that it was set, unless it was set again meanwhile (gen_tcp's
    /// `tcp_passive`).
    ///
    /// It runs before any other frame, message or end of input. From here on frames wait until
    /// [`Socket::set_active`], here or later, makes the connection active again, or until `recv`
    /// requests one.
    fn passive<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (socket, session);
        ready(Ok(Action::noreply()))
    }

    /// Runs when a connection is about to close after a failure; may report the failure to the
    /// peer.
    fn failed<'a>(
        &'a self,
        failure: &'a Failure,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (failure, session);
        ready(Ok(Action::close()))
    }

    /// Runs when the server stops, before this connection closes; may say goodbye to the peer.
    ///
    /// It runs once on each connection that has a session, after its running call if there is one.
    /// The reply is sent, and the connection closes in any case. The callback has the time of
    /// `shutdown`, or `close_timeout` if that is less, and is cancelled afterwards. It doesn't run
    /// on a connection that was kicked, or when the server ends by its restart intensity.
    fn stopping<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (socket, session);
        ready(Ok(Action::close()))
    }

    /// Runs when a connection has ended, for any reason: exactly once for each `connected` that
    /// returned a session, in the process in which the connection ends.
    ///
    /// A connection that a new version of the program takes over hasn't ended. The old process
    /// runs `closed` then only if [`Frozen::tell_closed`] asked for it, with
    /// [`CloseReason::HandedOver`].
    fn closed(&self, session: Self::Session, reason: CloseReason) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = (session, reason);
        ready(Ok(()))
    }

    /// Writes the session of a connection that a new version of the program takes over, between two
    /// calls. It is called only if [`HANDS_OVER`](Self::HANDS_OVER) is true.
    ///
    /// The session stays until the new process has taken the connection, and goes on being used if
    /// it doesn't: freezing changes nothing that the next call needs. After an error the connection
    /// stays in this process, and ends with it as by [`Server::stop`](crate::Server::stop).
    fn freeze<'a>(&'a self, session: &'a mut Self::Session) -> impl Future<Output = Result<Frozen, BoxError>> + Send {
        let _ = session;
        ready(Err("this server's sessions can't be written".into()))
    }

    /// Reads the session of a connection that comes from an old version of the program. It runs
    /// before the connection is this process's: it may not tell anybody of it yet.
    ///
    /// After an error, or after half a second, the connection stays in the old process.
    fn thaw(&self, frozen: Frozen) -> impl Future<Output = Result<Self::Session, BoxError>> + Send {
        let _ = frozen;
        ready(Err("this server's sessions can't be read".into()))
    }

    /// Runs when a connection goes on in this process that an old version of the program began, in
    /// the place of [`connected`](Self::connected): before its next frame, with the new [`Peer`].
    /// An error closes the connection.
    fn taken_over<'a>(
        &'a self,
        socket: &'a mut Socket,
        peer: Peer<Self::Message>,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = (socket, peer, session);
        ready(Ok(()))
    }

    /// Runs when the server has ended. After the time of `shutdown` the future is dropped.
    fn terminate(&self, reason: &ExitReason) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = reason;
        ready(Ok(()))
    }
}
