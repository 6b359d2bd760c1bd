//! The call loop of one connection.

mod call;
mod callbacks;
mod close;
pub(crate) mod context;
pub(crate) mod drive;
mod schedule;
pub(crate) mod session;
mod turn;

use std::pin::Pin;
use std::sync::Arc;

use self::call::{AtOnce, Calls, InTurn};
use self::context::Context;
use self::drive::CallbackError;
use self::turn::Turn;
use crate::api::input::{Input, Kind};
use crate::api::socket::Socket;
use crate::api::tcp_server::TcpServer;
use crate::io::deadline::Deadline;
use crate::io::link::Link;
use crate::io::mailbox::Mailbox;
use crate::io::{Io, IoSlot};
use crate::options::reload::OptionsSnapshot;
use crate::reason::{CloseReason, Failure};
use crate::server::permit::ConnectionPermit;
use crate::transport::Transport;

/// What a connection begins with.
fn open<S: TcpServer>(context: &Context<S>, transport: Transport, link: &Arc<Link>) -> IoSlot {
    let OptionsSnapshot { options, settings } = context.now();
    let io = Io::new(transport, Arc::clone(link), &options, settings, S::TAKES_MESSAGES);
    IoSlot::new(io)
}

/// Serves one connection from its greeting to its end.
///
/// Owned by an acceptor; everything of the connection is owned by this future. Dropping it ends the connection, and `closed` is told.
///
/// Boxed, as how a server takes its calls decides how much memory a connection needs while it waits.
pub(crate) fn serve<'a, S: TcpServer>(
    context: &'a Arc<Context<S>>,
    transport: Transport,
    permit: ConnectionPermit,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    let connection = Connection::new(context, transport, permit);
    if S::IS_SYNC && !S::TAKES_MESSAGES {
        serve_by::<S, AtOnce>(connection)
    } else {
        serve_by::<S, InTurn>(connection)
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
        // What can still panic of the user's are destructors, and what an error displays.
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
    /// There from when `connected` has returned it until `closed` is told.
    session: Option<S::Session>,
    /// Until when the next whole frame must have come.
    deadline: Deadline,
    /// Whether a message goes before a frame, if both are there: they take turns.
    message_first: bool,
    /// Whose panic it would be.
    running: RunningCallback,
    /// How often something else than a frame was handled since the stream was last looked at.
    messages_in_a_row: u8,
    turn: Turn,
    /// Whether the link wakes the task, which is the acceptor's for as long as this lives.
    registered: bool,
}

/// Whoever holds a peer of it learns that it has ended, though its acceptor was killed; then the stream is closed, and `closed` told.
impl<S: TcpServer> Drop for Connection<'_, S> {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.permit.link.end();
        self.permit.link.forget();
        // What panics of it is the user's, as a codec's destructor is: that keeps nobody from being told the end.
        if let Err(panicked) = drive::caught(|| self.io = IoSlot::default()) {
            self.context.log_call("a destructor", Some(&self.permit.link), panicked);
        }
        if let Some(state) = self.session.take() {
            session::abandon(self.context, state);
        }
    }
}

/// The kind of frames that `S` takes.
type FrameKind<S> = <<S as TcpServer>::Input as Input>::Kind;

/// A frame of `S` that is there.
type Found<S> = <FrameKind<S> as Kind>::Found;

/// What code of the user's runs.
#[derive(Clone, Copy, Debug)]
enum RunningCallback {
    Connected,
    Decode,
    HandleCall,
    HandleInfo,
    Passive,
    Failed,
    Stopping,
}

impl RunningCallback {
    fn name(self) -> &'static str {
        match self {
            RunningCallback::Connected => "connected",
            RunningCallback::Decode => "decode",
            RunningCallback::HandleCall => "handle_call",
            RunningCallback::HandleInfo => "handle_info",
            RunningCallback::Passive => "passive",
            RunningCallback::Failed => "failed",
            RunningCallback::Stopping => "stopping",
        }
    }
}

/// What comes next.
enum Event<S: TcpServer> {
    Frame(Found<S>),
    /// Frames were handled.
    Handled,
    Message(S::Message),
    /// The frames that were to be taken have run out.
    RanOut,
    Failure(Failure),
    End(CloseReason),
}

/// What a connection is told beside its frames.
enum Notice<M> {
    Message(M),
    RanOut,
    Stopping,
}

/// How a callback ended.
enum Outcome {
    GoOn,
    End(CloseReason),
    Failure(Failure),
}

impl<'a, S: TcpServer> Connection<'a, S> {
    fn new(context: &'a Arc<Context<S>>, transport: Transport, permit: ConnectionPermit) -> Self {
        let mailbox = S::TAKES_MESSAGES.then(|| Arc::new(Mailbox::new(context.live().mailbox)));
        Connection {
            context,
            io: open(context, transport, &permit.link),
            socket: Socket::new(Arc::clone(&permit.link), context.handle.clone()),
            permit,
            mailbox,
            session: None,
            deadline: Deadline::default(),
            message_first: false,
            running: RunningCallback::Connected,
            messages_in_a_row: 0,
            turn: Turn::new(),
            registered: false,
        }
    }

    /// From the greeting to the reason why it ended. What is rare is boxed, so that a connection that waits has no memory for it.
    #[allow(clippy::manual_async_fn)] // that would keep its arguments twice
    fn converse<C: Calls>(&mut self) -> impl Future<Output = CloseReason> + Send {
        async move {
            if let Err(reason) = Box::pin(self.connect()).await {
                return reason;
            }
            loop {
                let event = C::next(self).await;
                if let Some(reason) = Box::pin(self.handle(event)).await {
                    return reason;
                }
            }
        }
    }

    /// Handles what is rare. None: the connection goes on.
    async fn handle(&mut self, event: Event<S>) -> Option<CloseReason> {
        let outcome = match event {
            // Frames and messages are handled where they come.
            Event::Frame(_) | Event::Message(_) | Event::Handled => Outcome::GoOn,
            Event::RanOut => self.run_out().await,
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

    /// What follows from a call.
    fn follow(&self, done: Result<Outcome, CallbackError>) -> Event<S> {
        match self.outcome(done) {
            Outcome::GoOn => Event::Handled,
            Outcome::End(reason) => Event::End(reason),
            Outcome::Failure(failure) => Event::Failure(failure),
        }
    }
}
