//! One connection: serves it from its greeting to its end, and calls the server's callbacks for it.
//!
//! `schedule.rs` decides what comes next, `call.rs` makes the calls of frames and `callbacks.rs`
//! those of all else, `outcome.rs` says what follows from them, and `close.rs` says goodbye. The
//! bytes are the matter of [`io`](crate::io).

mod call;
mod callbacks;
mod close;
pub(crate) mod context;
pub(crate) mod drive;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
mod freeze;
mod handshake;
mod loan;
mod outcome;
mod schedule;
pub(crate) mod session;
mod state;
mod turn;
mod watch;

use std::pin::Pin;
use std::sync::Arc;

use self::call::{AsyncCalls, Calls, SyncCalls};
use self::callbacks::Notice;
use self::callbacks::RunningCallback;
use self::context::Context;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) use self::freeze::Thawed;
use self::outcome::Outcome;
use self::schedule::{Event, Schedule};
use crate::api::input::Input;
use crate::api::socket::Socket;
use crate::api::tcp_server::TcpServer;
use crate::io::deadline::Deadline;
use crate::io::link::Link;
use crate::io::mailbox::Mailbox;
use crate::io::{Io, IoSlot};
use crate::options::reload::OptionsSnapshot;
use crate::reason::CloseReason;
use crate::server::permit::ConnectionPermit;
use crate::transport::AnyTransport;

/// Opens the I/O of a connection.
fn open<S: TcpServer>(context: &Context<S>, transport: AnyTransport, link: &Arc<Link>) -> IoSlot {
    let OptionsSnapshot { options, settings } = context.now();
    let mut io = Io::new(transport, Arc::clone(link), &options, settings, S::TAKES_MESSAGES);
    if let Some(packet) = S::STATES.first().and_then(|initial| initial.packet) {
        io.set_packet(packet);
    }
    IoSlot::new(io)
}

/// Serves one connection from its greeting to its end.
///
/// The future owns everything of the connection; dropping it ends the connection, and the `closed`
/// callback runs. It is boxed, as how a server takes its calls decides how much memory a connection
/// needs while it waits.
pub(crate) fn serve<'a, S: TcpServer>(
    context: &'a Arc<Context<S>>,
    transport: AnyTransport,
    permit: ConnectionPermit,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    serve_connection(Connection::new(context, transport, permit))
}

/// Serves a connection that another process has served so far.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) fn serve_on<'a, S: TcpServer>(
    context: &'a Arc<Context<S>>,
    transport: AnyTransport,
    permit: ConnectionPermit,
    thawed: Thawed<S::Session>,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    let mut connection = Connection::new(context, transport, permit);
    connection.deadline = thawed.carried.deadline();
    thawed.carried.resume(&mut connection.io);
    connection.session = Some(thawed.session);
    serve_connection(connection)
}

fn serve_connection<S: TcpServer>(connection: Connection<'_, S>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    if S::IS_SYNC && !S::TAKES_MESSAGES {
        serve_by::<S, SyncCalls>(connection)
    } else {
        serve_by::<S, AsyncCalls>(connection)
    }
}

fn serve_by<'a, S: TcpServer, C: Calls>(
    mut connection: Connection<'a, S>,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    // (No `async fn`, as that would keep its arguments twice.)
    Box::pin(async move {
        let reason = drive::guard(connection.converse::<C>()).await;
        let reason = reason.unwrap_or_else(|panicked| connection.panicked(&panicked));
        let finished = drive::guard(Box::pin(connection.finish(reason))).await;
        // Of the user's code destructors can still panic, and what an error displays.
        let (context, link) = (connection.context, Arc::clone(&connection.permit.link));
        let dropped = drive::caught(|| drop(connection));
        if let Err(panicked) = finished.and(dropped) {
            context.log_call("a destructor", Some(&link), panicked);
        }
    })
}

struct Connection<'a, S: TcpServer> {
    context: &'a Arc<Context<S>>,
    permit: ConnectionPermit,
    io: IoSlot,
    socket: Socket,
    mailbox: Option<Arc<Mailbox<S::Message>>>,
    /// There from when `connected` has returned it until `closed` runs.
    session: Option<S::Session>,
    /// Until when the next whole frame must have come.
    deadline: Deadline,
    schedule: Schedule,
    /// The callback that is running, for the log.
    running: RunningCallback,
}

/// Ends the connection, also where its acceptor was killed: whoever holds a peer of it learns the
/// end, then the stream is closed, and `closed` runs.
impl<S: TcpServer> Drop for Connection<'_, S> {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.permit.link.end(session::abandoned());
        self.permit.link.forget();
        // Only code of the user's panics here, as a codec's destructor may; `closed` runs all the
        // same.
        if let Err(panicked) = drive::caught(|| self.io = IoSlot::default()) {
            self.context.log_call("a destructor", Some(&self.permit.link), panicked);
        }
        if let Some(session) = self.take_session() {
            session::abandon(self.context, session);
        }
    }
}

/// The kind of frames that a server `S` takes.
type FrameKind<S> = <<S as TcpServer>::Input as Input>::Kind;

impl<'a, S: TcpServer> Connection<'a, S> {
    fn new(context: &'a Arc<Context<S>>, transport: AnyTransport, permit: ConnectionPermit) -> Self {
        let mailbox = S::TAKES_MESSAGES.then(|| {
            let full = Arc::clone(&context.handle.inner().full_mailboxes);
            Arc::new(Mailbox::new(context.live().mailbox, full))
        });
        Connection {
            context,
            io: open(context, transport, &permit.link),
            socket: Socket::new(Arc::clone(&permit.link), context.handle.clone()),
            permit,
            mailbox,
            session: None,
            deadline: Deadline::default(),
            schedule: Schedule::new(),
            running: RunningCallback::Handshake,
        }
    }

    /// Serves the connection from its greeting on; returns why it ended. What is rare is boxed, so
    /// that a connection that waits has no memory for it.
    #[allow(clippy::manual_async_fn)] // that would keep its arguments twice
    fn converse<C: Calls>(&mut self) -> impl Future<Output = CloseReason> + Send {
        async move {
            if let Err(reason) = Box::pin(self.begin()).await {
                return reason;
            }
            loop {
                let event = C::next_event(self).await;
                if let Some(reason) = Box::pin(self.handle(event)).await {
                    return reason;
                }
            }
        }
    }

    /// Makes the session, unless the connection comes with one.
    async fn begin(&mut self) -> Result<(), CloseReason> {
        #[cfg(all(target_os = "linux", feature = "upgrade"))]
        if self.session.is_some() {
            return self.take_over().await;
        }
        self.connect().await
    }

    /// Shows the session to those who ask.
    #[cfg(feature = "inspect")]
    pub(super) fn show_session(&self) {
        let link = &self.permit.link;
        if link.take_asked() {
            let shown = || S::debug_session(self.session.as_ref()?);
            self.context.handle.inner().inspections.answer(link.id, shown);
        }
    }

    /// Handles what is no frame. Returns `None` if the connection goes on.
    async fn handle(&mut self, event: Event<S::Message>) -> Option<CloseReason> {
        let outcome = match event {
            Event::Message(message) => self.tell(Notice::Message(message)).await,
            Event::RanOut => self.run_out().await,
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            Event::Freeze => self.freeze().await,
            Event::Failure(failure) => Outcome::Failure(failure),
            Event::End(reason) => Outcome::End(reason),
        };
        let ended = match outcome {
            Outcome::GoOn => None,
            Outcome::End(reason) => Some(reason),
            Outcome::Failure(failure) => self.fail(failure).await,
        };
        match ended {
            Some(CloseReason::Stopped) => Some(self.say_goodbye().await),
            ended => ended,
        }
    }
}
