//! The call loop of one connection.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::action::Action;
use crate::behaviour::TcpServer;
use crate::context::Context;
use crate::drive::{self, Interrupted};
use crate::error::{BoxError, Chain, Error, ErrorKind};
use crate::input::{Held, Input};
use crate::io::{Broken, Intake, Io, LINGER_TIME};
use crate::link::{Link, Signal};
use crate::mailbox::Mailbox;
use crate::options::INFINITY;
use crate::packet::{Cut, FrameError};
use crate::peer::Peer;
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
    /// Until when the next whole frame must have come; set when the wait for it begins.
    deadline: Option<Instant>,
    /// Fires at `deadline` or before it: it is set anew only then, not for every frame.
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether a message goes before a frame, if both are there: they take turns.
    message_first: bool,
    /// How many messages were handled since the stream was last looked at.
    messages_in_a_row: usize,
}

/// After so many messages the stream has its turn: what was replied goes out, and what has come is read.
const MESSAGES_IN_A_ROW: usize = 64;

/// Whoever holds a peer of it learns that it has ended, though its acceptor was killed; then its session is dropped.
impl<S: TcpServer> Drop for Connection<'_, S> {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.link.end();
    }
}

/// What comes next.
enum Event<M> {
    Frame(Cut),
    Message(M),
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
        let intake = Intake::new(context.active(), S::TAKES_MESSAGES);
        let io = Io::new(transport, Arc::clone(link), &context.options, intake);
        let socket = Socket::new(
            Arc::clone(link),
            io.local_addr,
            context.handle.clone(),
            S::TAKES_MESSAGES,
        );
        let mailbox = S::TAKES_MESSAGES.then(|| Arc::new(Mailbox::new(context.options.mailbox)));
        Connection {
            context,
            link,
            io,
            slot: socket.slot(),
            socket,
            mailbox,
            session: None,
            deadline: None,
            timer: None,
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
                Event::Frame(cut) => self.handle_frame(cut).await,
                Event::Message(message) => self.handle_message(message).await,
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

    async fn connect(&mut self) -> Result<(), CloseReason> {
        if self.link.signal() != Signal::None {
            return Err(CloseReason::Stopped);
        }
        let peer = Peer::new(Arc::clone(self.link), self.mailbox.clone());
        let Connection {
            context,
            link,
            io,
            socket,
            slot,
            ..
        } = self;
        let server = &context.server;
        swap(io, slot);
        let connected = drive::call(&**slot, link, pin!(async { server.connected(socket, peer).await })).await;
        swap(io, slot);
        match connected {
            Ok(state) => {
                self.session = Some(Session::new(Arc::clone(self.context), state));
                Ok(())
            }
            // There is no session yet that `failed` could be asked with.
            Err(interrupted) => match self.interrupted("connected", interrupted) {
                Outcome::End(reason) => Err(reason),
                Outcome::Failure(failure) => Err(failure.close_reason()),
                Outcome::GoOn => Ok(()),
            },
        }
    }

    async fn handle_frame(&mut self, cut: Cut) -> Outcome {
        self.deadline = None;
        self.link.count_call();
        if let Intake::Frames(left) = &mut self.io.intake {
            *left = left.saturating_sub(1);
        }
        let held = self.io.hold(cut, S::Input::IN_PLACE);
        let outcome = self.call(&held).await;
        self.io.release(held);
        outcome
    }

    async fn call(&mut self, held: &Held) -> Outcome {
        let Connection {
            context,
            link,
            io,
            socket,
            slot,
            session,
            ..
        } = self;
        let Some(state) = session.as_mut().and_then(Session::state) else {
            return Outcome::End(CloseReason::Stopped);
        };
        let Some(frame) = S::Input::frame(held, socket) else {
            return Outcome::Failure(context.log_peer(link, Failure::NotUtf8));
        };
        let server = &context.server;
        let done = {
            let call = pin!(async move { server.handle_call(frame, state).await });
            let done = if S::Input::SOCKET {
                swap(io, slot);
                let done = drive::call(&**slot, link, call).await;
                swap(io, slot);
                done
            } else {
                drive::call(&mut *io, link, call).await
            };
            done.map(|action| act(io, action))
        };
        done.unwrap_or_else(|interrupted| self.interrupted("handle_call", interrupted))
    }

    async fn handle_message(&mut self, message: S::Message) -> Outcome {
        let Connection {
            context,
            link,
            io,
            socket,
            slot,
            session,
            ..
        } = self;
        let Some(state) = session.as_mut().and_then(Session::state) else {
            return Outcome::End(CloseReason::Stopped);
        };
        let server = &context.server;
        swap(io, slot);
        let done = {
            let call = pin!(async move { server.handle_info(message, socket, state).await });
            let done = drive::call(&**slot, link, call).await;
            swap(io, slot);
            done.map(|action| act(io, action))
        };
        done.unwrap_or_else(|interrupted| self.interrupted("handle_info", interrupted))
    }

    /// Asks `failed` what to say. None: the connection goes on.
    async fn fail(&mut self, failure: Failure) -> Option<CloseReason> {
        self.deadline = None;
        let Connection {
            context,
            link,
            io,
            session,
            ..
        } = self;
        let state = session.as_mut().and_then(Session::state)?;
        let server = &context.server;
        let done = {
            let call = pin!(async { server.failed(&failure, state).await });
            drive::call(&mut *io, link, call).await.map(|action| act(io, action))
        };
        let outcome = done.unwrap_or_else(|interrupted| self.interrupted("failed", interrupted));
        match outcome {
            Outcome::GoOn if failure.is_recoverable() => None,
            Outcome::GoOn | Outcome::End(CloseReason::Handler) => Some(failure.close_reason()),
            Outcome::End(reason) => Some(reason),
            Outcome::Failure(second) => Some(second.close_reason()),
        }
    }

    /// What follows from a callback that returned no value.
    fn interrupted(&self, callback: &'static str, interrupted: Interrupted) -> Outcome {
        match interrupted {
            Interrupted::Cut(Signal::Kick) => Outcome::End(CloseReason::Kicked),
            Interrupted::Cut(_) => Outcome::End(CloseReason::Stopped),
            Interrupted::Panicked => {
                self.context.log_call(callback, Some(self.link), &interrupted);
                Outcome::End(CloseReason::Panic)
            }
            Interrupted::Failed(error) => self.call_failed(callback, error),
        }
    }

    /// An error of the connection that a callback passed on is the connection's, not the callback's.
    fn call_failed(&self, callback: &'static str, error: BoxError) -> Outcome {
        if let Some(broken) = self.io.broken() {
            return Outcome::End(self.broke(broken));
        }
        match error.downcast_ref::<Error>().map(Error::kind) {
            Some(ErrorKind::Closed) if self.io.is_eof() => Outcome::End(self.end_of_input()),
            Some(ErrorKind::Timeout) => Outcome::Failure(self.context.log_peer(self.link, Failure::Timeout)),
            Some(ErrorKind::TooLong) => Outcome::Failure(self.context.log_peer(self.link, Failure::TooLong)),
            Some(ErrorKind::Malformed) => Outcome::Failure(self.context.log_peer(self.link, Failure::Malformed)),
            _ => {
                self.context.log_call(callback, Some(self.link), Chain(&*error));
                Outcome::Failure(Failure::Call(error))
            }
        }
    }

    // ---- what comes next

    async fn next(&mut self) -> Event<S::Message> {
        loop {
            match self.link.signal() {
                Signal::None => {}
                Signal::Kick => return Event::End(CloseReason::Kicked),
                Signal::Stop | Signal::Cut => return Event::End(CloseReason::Stopped),
            }
            if !self.io.is_congested()
                && let Some(event) = self.ready()
            {
                return event;
            }
            if let Some(event) = poll_fn(|cx| self.poll_wait(cx)).await {
                return event;
            }
        }
    }

    /// What is here already: a frame, a message, or the end. They take turns, so that neither holds up the other.
    fn ready(&mut self) -> Option<Event<S::Message>> {
        let message_first = std::mem::replace(&mut self.message_first, false);
        if message_first && let Some(message) = self.pop() {
            return Some(Event::Message(message));
        }
        if let Some(event) = self.ready_frame() {
            self.message_first = true;
            return Some(event);
        }
        if self.messages_in_a_row == MESSAGES_IN_A_ROW {
            return None;
        }
        self.messages_in_a_row += 1;
        self.pop().map(Event::Message)
    }

    fn ready_frame(&mut self) -> Option<Event<S::Message>> {
        if self.io.intake == Intake::Frames(0) {
            return None;
        }
        match self.io.find() {
            Ok(Some(cut)) => Some(Event::Frame(cut)),
            Ok(None) if self.io.is_eof() => Some(Event::End(self.end_of_input())),
            Ok(None) => None,
            Err(error) => Some(Event::Failure(self.frame_failure(&error))),
        }
    }

    fn pop(&self) -> Option<S::Message> {
        self.mailbox.as_ref()?.pop()
    }

    /// Waits until there may be something. None: look again.
    ///
    /// Wake-ups aren't lost: the waker is registered with the link before signal and mailbox are looked at, and with the
    /// stream by polling it.
    fn poll_wait(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Event<S::Message>>> {
        self.link.register(cx);
        let stream_first = std::mem::take(&mut self.messages_in_a_row) == MESSAGES_IN_A_ROW;
        if self.link.signal() != Signal::None {
            return Poll::Ready(None);
        }
        let was_congested = self.io.is_congested();
        if let Poll::Ready(Err(broken)) = self.io.poll_flush(cx) {
            return Poll::Ready(Some(Event::End(self.broke(broken))));
        }
        if was_congested {
            // What is buffered wasn't looked at meanwhile.
            return if self.io.is_congested() {
                Poll::Pending
            } else {
                Poll::Ready(None)
            };
        }
        if !stream_first && let Some(message) = self.pop() {
            return Poll::Ready(Some(Event::Message(message)));
        }
        if self.io.intake != Intake::Frames(0)
            && let Poll::Ready(filled) = self.io.poll_fill(cx)
        {
            return Poll::Ready(filled.err().map(|broken| Event::End(self.broke(broken))));
        }
        if self.waits_for_frame() && self.poll_deadline(cx).is_ready() {
            return Poll::Ready(Some(Event::Failure(self.context.log_peer(self.link, Failure::Timeout))));
        }
        self.pop()
            .map_or(Poll::Pending, |message| Poll::Ready(Some(Event::Message(message))))
    }

    /// While a connection takes no frames it waits for messages, which have no time limit. Where none can come, the limit
    /// holds all the same, as nothing else would ever end it.
    fn waits_for_frame(&self) -> bool {
        self.io.intake != Intake::Frames(0) || !S::TAKES_MESSAGES
    }

    fn poll_deadline(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        if self.io.recv_timeout == INFINITY {
            return Poll::Pending;
        }
        let recv_timeout = self.io.recv_timeout;
        let now = Instant::now();
        let Some(deadline) = self.deadline.or_else(|| now.checked_add(recv_timeout)) else {
            return Poll::Pending;
        };
        self.deadline = Some(deadline);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    // ---- how it ends

    fn end_of_input(&self) -> CloseReason {
        let bytes = self.io.unhandled();
        if bytes > 0 {
            let (server, peer) = (self.context.handle.label(), self.link.peer_addr);
            tracing::debug!(name: "discarded", server, %peer, bytes, "the peer closed in the middle of a frame: {bytes} bytes are discarded");
        }
        CloseReason::Peer
    }

    fn broke(&self, broken: Broken) -> CloseReason {
        match broken {
            Broken::Reset => CloseReason::Reset,
            Broken::Timeout => {
                self.context
                    .log_peer(self.link, "the peer read nothing within send_timeout");
                CloseReason::Timeout
            }
        }
    }

    fn frame_failure(&self, error: &FrameError) -> Failure {
        self.context.log_peer(self.link, error);
        match error {
            FrameError::TooLong { .. } | FrameError::Overflow { .. } => Failure::TooLong,
            _ => Failure::Malformed,
        }
    }

    /// Says goodbye: what was replied goes out, `closed` is told, and what still comes is thrown away for a moment, so that no
    /// reset eats the last reply.
    async fn finish(&mut self, reason: CloseReason) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        // A kicked peer has a moment to take what was replied, but no more, as it may be one that doesn't read.
        let limit = if reason == CloseReason::Kicked {
            LINGER_TIME
        } else {
            INFINITY
        };
        let io = &mut self.io;
        let shut = unless_cut(self.link, pin!(timeout(limit, poll_fn(|cx| io.poll_shutdown(cx))))).await;
        self.link.end();
        if let Some(session) = &mut self.session {
            session.close(reason).await;
        }
        let (server, peer, id) = (self.context.handle.label(), self.link.peer_addr, self.link.id);
        tracing::debug!(name: "closed", server, %peer, %id, %reason, "connection closed: {reason}");
        if matches!(shut, Some(Ok(Ok(())))) && !self.io.is_eof() {
            unless_cut(self.link, pin!(timeout(LINGER_TIME, self.io.drain()))).await;
        }
    }
}

/// Waits for `goodbye`, unless the connection is kicked meanwhile or the server's time is over.
async fn unless_cut<T>(link: &Link, mut goodbye: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let told = link.signal();
    poll_fn(|cx| {
        link.register(cx);
        let signal = link.signal();
        if signal == Signal::Cut || (signal.cuts() && signal > told) {
            return Poll::Ready(None);
        }
        goodbye.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Between a socket and the call loop the connection changes hands.
fn swap(io: &mut Io, slot: &Mutex<Io>) {
    std::mem::swap(io, &mut *slot.lock().unwrap_or_else(PoisonError::into_inner));
}

fn act(io: &mut Io, action: Action<'_>) -> Outcome {
    let Action { data, close } = action;
    if let Some(data) = data {
        let pushed = io.push(&data);
        data.recycle();
        if let Err(error) = pushed {
            return Outcome::Failure(Failure::Call(Error::from(error).into()));
        }
    }
    if close {
        Outcome::End(CloseReason::Handler)
    } else {
        Outcome::GoOn
    }
}
