//! The call loop of one connection.

mod callbacks;
mod end;
mod frames;
mod next;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use crate::active::Intake;
use crate::behaviour::TcpServer;
use crate::context::Context;
use crate::deadline::Deadline;
use crate::drive;
use crate::input::{Input, Kind};
use crate::io::{Io, Lendable};
use crate::link::Link;
use crate::mailbox::Mailbox;
use crate::reason::{CloseReason, Failure};
use crate::session::Session;
use crate::socket::Socket;
use crate::transport::Transport;

/// What a connection begins with.
pub(crate) fn open<S: TcpServer>(context: &Context<S>, transport: Transport, link: &Arc<Link>) -> Lendable {
    let options = context.live();
    let intake = Intake::new(options.active.unwrap_or_default(), S::TAKES_MESSAGES);
    Lendable::new(Io::new(transport, Arc::clone(link), &options, intake))
}

/// Serves one connection from its greeting to its end.
///
/// Owned by an acceptor; everything of the connection is owned by this future. Dropping it ends the connection, and `closed`
/// is told. (No `async fn`, as that would keep its arguments twice.)
pub(crate) fn serve<'a, S: TcpServer>(
    context: &'a Arc<Context<S>>,
    io: Lendable,
    link: &'a Arc<Link>,
) -> impl Future<Output = ()> + Send + use<'a, S> {
    let mut connection = Connection::new(context, io, link);
    async move {
        let reason = drive::guard(pin!(async { Ok(connection.converse().await) })).await;
        let reason = match reason {
            Ok(reason) => reason,
            Err(panicked) => connection.panicked(&panicked),
        };
        connection.finish(reason).await;
    }
}

struct Connection<'a, S: TcpServer> {
    context: &'a Arc<Context<S>>,
    link: &'a Arc<Link>,
    io: Lendable,
    socket: Socket,
    /// Where `io` is while a callback has the socket.
    slot: Arc<Mutex<Lendable>>,
    mailbox: Option<Arc<Mailbox<S::Message>>>,
    session: Option<Session<S>>,
    /// Until when the next whole frame must have come.
    deadline: Deadline,
    /// The frame that comes next.
    found: Option<Found<S>>,
    /// Whether a message goes before a frame, if both are there: they take turns.
    message_first: bool,
    /// Whose panic it would be.
    during: During,
    /// How often something else than a frame was handled since the stream was last looked at.
    messages_in_a_row: u32,
    /// How much was handled since it last waited.
    handled: u32,
    /// Whom the link wakes.
    waker: Option<Waker>,
}

/// After so many frames, messages and the like without a wait others of the same thread have their turn.
const TURN: u32 = 128;

/// Whoever holds a peer of it learns that it has ended, though its acceptor was killed; then its session is dropped.
impl<S: TcpServer> Drop for Connection<'_, S> {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.link.end();
        self.link.forget();
    }
}

/// The kind of frames that `S` takes.
type FrameKind<S> = <<S as TcpServer>::Input as Input>::Kind;

/// A frame of `S` that is there.
type Found<S> = <FrameKind<S> as Kind>::Found;

/// What code of the user's runs.
#[derive(Clone, Copy, Debug)]
enum During {
    Connected,
    Decode,
    HandleCall,
    HandleInfo,
    Passive,
    Failed,
    Stopping,
}

impl During {
    fn name(self) -> &'static str {
        match self {
            During::Connected => "connected",
            During::Decode => "decode",
            During::HandleCall => "handle_call",
            During::HandleInfo => "handle_info",
            During::Passive => "passive",
            During::Failed => "failed",
            During::Stopping => "stopping",
        }
    }
}

/// What comes next.
enum Event<S: TcpServer> {
    /// The one that was found.
    Frame,
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
    fn new(context: &'a Arc<Context<S>>, io: Lendable, link: &'a Arc<Link>) -> Self {
        let socket = Socket::new(Arc::clone(link), context.handle.clone(), S::TAKES_MESSAGES);
        let mailbox = S::TAKES_MESSAGES.then(|| Arc::new(Mailbox::new(context.live().mailbox)));
        Connection {
            context,
            link,
            io,
            slot: socket.slot(),
            socket,
            mailbox,
            session: None,
            deadline: Deadline::default(),
            found: None,
            message_first: false,
            during: During::Connected,
            messages_in_a_row: 0,
            handled: 0,
            waker: None,
        }
    }

    /// From the greeting to the reason why it ended.
    async fn converse(&mut self) -> CloseReason {
        if let Err(reason) = self.connect().await {
            return reason;
        }
        loop {
            if self.handled >= TURN {
                self.handled = 0;
                tokio::task::yield_now().await;
            }
            self.handled += 1;
            let outcome = match poll_fn(|cx| self.poll_next(cx)).await {
                Event::Frame if S::Input::SOCKET => {
                    let done = self.call_with_socket().await;
                    self.io.inward.tidy();
                    self.outcome(done)
                }
                Event::Frame => {
                    let done = self.call_in_turn().await;
                    self.outcome(done)
                }
                Event::Message(message) => self.handle_message(message).await,
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
                None => {}
                Some(CloseReason::Stopped) => return self.say_goodbye().await,
                Some(reason) => return reason,
            }
        }
    }
}
