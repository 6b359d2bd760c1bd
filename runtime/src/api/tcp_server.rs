//! The behaviour that a server implements, by the attribute or by hand.

use std::future::{Future, ready};

use crate::api::action::Action;
use crate::api::input::Input;
use crate::api::peer::Peer;
use crate::api::socket::Socket;
use crate::error::BoxError;
use crate::options::Options;
use crate::reason::{CloseReason, ExitReason, Failure};
use crate::supervisor::Supervisor;
use crate::table::arm::Arm;

/// A frame as `handle_call` of `S` takes it.
pub type Frame<'a, S> = <<S as TcpServer>::Input as Input>::Frame<'a>;

/// What all connections can share, whichever thread they are on: whatever is `Send + Sync + 'static`.
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

/// A TCP server: what the attribute implements, and what can be implemented by hand.
///
/// One value serves all connections; what belongs to one connection is its session.
///
/// # Cancel safety
///
/// The future of a callback is dropped at an `.await`, and only when it takes longer than `call_timeout`, when the connection is closed
/// by its [`Peer`] or [`Server`](crate::Server), when the time that `shutdown` gives is over, when the acceptor is killed, or when the peer
/// resets the connection or reads nothing of what was replied within `send_timeout`; where the option `half_close` is `false`, when its
/// input ends, too. [`Socket::closed`] tells the latter before.
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
///     async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, _: &'a mut ()) -> Result<Action<'a>, BoxError> {
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
    /// How `handle_call` takes a frame.
    type Input: Input;
    /// One connection's own state.
    type Session: Send + 'static;
    /// What other tasks send to a connection by its [`Peer`].
    type Message: Send + 'static;

    /// Whether there is a `handle_info`: whether a connection looks for messages at all, and is active by default.
    const TAKES_MESSAGES: bool = false;

    /// Whether there is a `reload`: whether a signal may change the options of the running server.
    const RELOADS: bool = false;

    /// The arms of the table that decides on frames, as the attribute lists and counts them: one who wraps a server hands
    /// its on.
    const PROTOCOL: &'static [Arm] = &[];

    /// What log lines call a server that has no name: its type.
    /// Whether the future of a call is ready from the start, as the attribute makes it of a `handle_call` that never waits: then calls
    /// are made as functions are.
    #[doc(hidden)]
    const IS_SYNC: bool = false;

    #[doc(hidden)]
    fn label() -> &'static str {
        let path = std::any::type_name::<Self>();
        let bare = path.split('<').next().unwrap_or(path);
        bare.rsplit("::").next().unwrap_or(bare)
    }

    /// The options that the server starts under.
    fn options(&self) -> Options;

    /// The options to go on under, when a reload is asked for (SIGHUP under [`run`](crate::run)): say, a file read anew. Called only where
    /// [`RELOADS`](Self::RELOADS) says so.
    ///
    /// They are applied as [`Server::reload`](crate::Server::reload) applies them. After an error nothing changes.
    fn reload(&self) -> impl Future<Output = Result<Options, BoxError>> + Send {
        ready(Ok(self.options()))
    }

    /// Runs once, before the port opens; may start children of its own. An error means that nothing listens.
    fn init(&mut self, supervisor: &Supervisor) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = supervisor;
        ready(Ok(()))
    }

    /// A connection begins; may greet. An error closes it, and as there is no session, neither `failed` nor `closed` is told.
    fn connected(
        &self,
        socket: &mut Socket,
        peer: Peer<Self::Message>,
    ) -> impl Future<Output = Result<Self::Session, BoxError>> + Send;

    /// A frame came.
    fn handle_call<'a>(
        &'a self,
        frame: Frame<'a, Self>,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send;

    /// A message came.
    fn handle_info<'a>(
        &'a self,
        message: Self::Message,
        socket: &'a mut Socket,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (message, socket, session);
        ready(Ok(Action::noreply()))
    }

    /// The last frame of an `active` that counts was handled, or it was set to count 0 frames: once for each time that it was
    /// set, unless it was set anew meanwhile (gen_tcp's `tcp_passive`).
    ///
    /// Comes before any other frame, message or end of input. From here on frames wait until the connection is made active
    /// again, by [`Socket::set_active`] here or later, or until `recv` asks for one.
    fn passive<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (socket, session);
        ready(Ok(Action::noreply()))
    }

    /// A connection is about to close for an error, which can be said in the protocol here.
    fn failed<'a>(
        &'a self,
        failure: &'a Failure,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (failure, session);
        ready(Ok(Action::close()))
    }

    /// The server stops, and this connection is about to close: says goodbye in the protocol.
    ///
    /// Asked once on each connection that has a session, after its running call if there is one. What it replies is sent, and the connection
    /// closes in any case. It has the time that `shutdown` gives, or `close_timeout` if that is less, and is cut when that is over. A
    /// connection that was kicked isn't asked, nor is one that ends with its server for its restart intensity.
    fn stopping<'a>(
        &'a self,
        socket: &'a mut Socket,
        session: &'a mut Self::Session,
    ) -> impl Future<Output = Result<Action<'a>, BoxError>> + Send {
        let _ = (socket, session);
        ready(Ok(Action::close()))
    }

    /// A connection ended, whatever the cause: exactly once for each `connected` that returned a session.
    fn closed(&self, session: Self::Session, reason: CloseReason) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = (session, reason);
        ready(Ok(()))
    }

    /// The server ended. It has as much time as `shutdown` gives; then its future is dropped.
    fn terminate(&self, reason: &ExitReason) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = reason;
        ready(Ok(()))
    }
}
