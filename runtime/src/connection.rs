//! The call loop of one connection.

mod callbacks;
mod end;
mod next;

use std::sync::{Arc, Mutex};

use crate::active::Intake;
use crate::behaviour::TcpServer;
use crate::context::Context;
use crate::deadline::Deadline;
use crate::input::{Input, Kind};
use crate::io::Io;
use crate::link::Link;
use crate::mailbox::Mailbox;
use crate::reason::{CloseReason, Failure};
use crate::session::Session;
use crate::socket::Socket;
use crate::transport::Transport;

/// Serves one connection from its greeting to its end.
///
/// Owned by an acceptor; everything of the connection is owned by this future. Dropping it ends the connection, and `closed`
/// is told.
pub(crate) async fn serve<S: TcpServer>(context: &Arc<Context<S>>, transport: Transport, link: &Arc<Link>) {
    let mut connection = Connection::new(context, transport, link);
    let reason = connection.converse().await;
    connection.finish(reason).await;
}

struct Connection<'a, S: TcpServer> {
    context: &'a Arc<Context<S>>,
    link: &'a Arc<Link>,
    io: Io,
    socket: Socket,
    /// Where `io` is while a callback has the socket.
    slot: Arc<Mutex<Io>>,
    mailbox: Option<Arc<Mailbox<S::Message>>>,
    session: Option<Session<S>>,
    /// Until when the next whole frame must have come.
    deadline: Deadline,
    /// Whether a message goes before a frame, if both are there: they take turns.
    message_first: bool,
    /// How often something else than a frame was handled since the stream was last looked at.
    messages_in_a_row: usize,
}

/// Whoever holds a peer of it learns that it has ended, though its acceptor was killed; then its session is dropped.
impl<S: TcpServer> Drop for Connection<'_, S> {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.link.end();
    }
}

/// The kind of frames that `S` takes.
type FrameKind<S> = <<S as TcpServer>::Input as Input>::Kind;

/// A frame of `S` that is there.
type Found<S> = <FrameKind<S> as Kind>::Found;

/// What comes next.
enum Event<S: TcpServer> {
    Frame(Found<S>),
    Message(S::Message),
    /// The frames that were to be taken have run out.
    RanOut,
    Failure(Failure),
    End(CloseReason),
}

/// How a callback ended.
enum Outcome {
    GoOn,
    End(CloseReason),
    Failure(Failure),
}

impl<'a, S: TcpServer> Connection<'a, S> {
    fn new(context: &'a Arc<Context<S>>, transport: Transport, link: &'a Arc<Link>) -> Self {
        let intake = Intake::new(context.options.active.unwrap_or_default(), S::TAKES_MESSAGES);
        let local_addr = transport.local_addr();
        let io = Io::new(transport, Arc::clone(link), &context.options, intake);
        let socket = Socket::new(Arc::clone(link), local_addr, context.handle.clone(), S::TAKES_MESSAGES);
        let mailbox = S::TAKES_MESSAGES.then(|| Arc::new(Mailbox::new(context.options.mailbox)));
        Connection {
            context,
            link,
            io,
            slot: socket.slot(),
            socket,
            mailbox,
            session: None,
            deadline: Deadline::default(),
            message_first: false,
            messages_in_a_row: 0,
        }
    }

    /// From the greeting to the reason why it ended.
    async fn converse(&mut self) -> CloseReason {
        if let Err(reason) = self.connect().await {
            return reason;
        }
        loop {
            tokio::task::consume_budget().await;
            let outcome = match self.next().await {
                Event::Frame(found) => self.handle_frame(found).await,
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
            if let Some(reason) = ended {
                return reason;
            }
        }
    }
}
