//! The call loop: finds the frames that are here, and makes their calls.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use super::callbacks::Notice;
use super::callbacks::RunningCallback;
use super::context;
use super::drive::{self, CallbackError, WriteAccess as _};
use super::loan::IoLoan;
use super::outcome::{Outcome, act};
use super::schedule::{Event, Next, Schedule};
use super::state;
use super::watch::{Batch, Watch};
use super::{Connection, FrameKind};
use crate::api::action::Action;
use crate::api::input::{Input, Kind};
use crate::api::tcp_server::TcpServer;
use crate::error::BoxError;
use crate::io::Io;
use crate::io::deadline::Deadline;
use crate::io::link::Link;
use crate::reason::{CloseReason, Failure};

/// The way in which frames are called. It is a type, so that the future of a connection has the
/// memory of its own way alone.
pub(super) trait Calls {
    /// Handles frames, and messages where there are any, until an event comes that is rare.
    fn next_event<S: TcpServer>(connection: &mut Connection<'_, S>) -> impl Future<Output = Event<S::Message>> + Send;
}

/// Calls that never wait: each is polled once, and its future lives on the stack.
pub(super) enum SyncCalls {}

/// Calls that may wait: their futures live in the future of the connection. Messages are handled
/// likewise, as they may be as many as frames.
pub(super) enum AsyncCalls {}

impl Calls for SyncCalls {
    fn next_event<S: TcpServer>(connection: &mut Connection<'_, S>) -> impl Future<Output = Event<S::Message>> + Send {
        poll_fn(|cx| connection.poll_calls_at_once(cx))
    }
}

impl Calls for AsyncCalls {
    async fn next_event<S: TcpServer>(connection: &mut Connection<'_, S>) -> Event<S::Message> {
        loop {
            let next = poll_fn(|cx| {
                if S::IS_SYNC {
                    return connection.poll_calls_at_once(cx).map(Next::Event);
                }
                match connection.begin_round(cx) {
                    Some(next) => Poll::Ready(next),
                    None => connection.poll_next(cx),
                }
            });
            let outcome = match next.await {
                Next::Frames => connection.call_and_wait().await,
                Next::Event(Event::Message(message)) => connection.tell(Notice::Message(message)).await,
                Next::Event(event) => return event,
            };
            if let Some(event) = outcome.event() {
                return event;
            }
        }
    }
}

/// The call loop: makes the calls of the frames that are here, as long as nothing else is due.
/// Returns an `Outcome`.
///
/// A frame is lent to its call where it lies. Where calls take the socket, it is split off, and the
/// connection is lent.
///
/// The last parameter makes one call. It is given the way to the write half, the link, the time
/// limit, the batch that counts it, the server, the frame, and the session.
///
/// The loop is a macro, as it is a function for calls that never wait and an `async` one for those
/// that may. The latter keeps its variables in memory: as the only one it cost calls that never
/// wait a third more instructions.
macro_rules! call_loop {
    (
        $connection:ident,
        |$access:ident, $link:ident, $limit:ident, $batch:ident, $server:ident, $frame:ident, $state:ident| $called:expr
    ) => {{
        let Connection {
            context,
            permit,
            io: slot,
            socket,
            session,
            deadline,
            schedule,
            running,
            ..
        } = &mut *$connection;
        let $link = &*permit.link;
        let Some(state) = session.as_mut() else {
            return Outcome::End(CloseReason::Stopped);
        };
        // Again only where it changes, as this would cost each call some instructions.
        state::tell::<S>(state, $link);
        let mut io = &mut **slot;
        io.writer.prepare_for(io.reader.unhandled());
        let $server = &context.server;
        let mut batch = Batch::new(&context.handle.inner().arms);
        *running = RunningCallback::Decode;
        let done = loop {
            if FrameKind::<S>::ITEMS {
                *running = RunningCallback::Decode;
            }
            let mut found = match FrameKind::<S>::find(io) {
                Ok(Some(found)) => found,
                Ok(None) => {
                    *running = RunningCallback::Decode;
                    io.reader.searched = true;
                    break Ok(Outcome::GoOn);
                }
                Err(error) => break Ok(Outcome::Failure(context.frame_failure($link, &error))),
            };
            batch.show(io, |reader| FrameKind::<S>::bytes(&found, reader), S::IS_SYNC);
            *running = RunningCallback::HandleCall;
            schedule.begin_call::<S>();
            batch.tally.call();
            deadline.clear();
            $link.count_call();
            io.intake.take();
            let $limit = io.stream.call_timeout();
            if S::Input::SOCKET {
                let mut held = FrameKind::<S>::split(found, &mut io.reader);
                let done = match S::Input::frame(&mut held, socket) {
                    Some($frame) => {
                        let _loan = IoLoan::new(slot, $link);
                        let ($access, $batch, $state) = ($link, &mut batch, &mut *state);
                        // An earlier call may have changed it by its socket.
                        state::tell::<S>($state, $link);
                        $called
                    }
                    None => Ok(Outcome::Failure(context.log_peer($link, Failure::NotUtf8))),
                };
                drop(held);
                io = &mut **slot;
                io.reader.tidy();
                match done {
                    Ok(Outcome::GoOn) => {}
                    done => break done,
                }
            } else {
                let (reader, half) = io.split();
                let mut held = FrameKind::<S>::hold(&mut found, reader);
                let done = match S::Input::frame(&mut held, socket) {
                    Some($frame) => {
                        let ($access, $batch, $state) = (half, &mut batch, &mut *state);
                        $called
                    }
                    None => Ok(Outcome::Failure(context.log_peer($link, Failure::NotUtf8))),
                };
                // The end of the frame stands in both ways, so that a call that goes on has no
                // result in memory: behind them it cost each call 8 instructions.
                match done {
                    Ok(Outcome::GoOn) => {
                        drop(held);
                        FrameKind::<S>::release(found, &mut io.reader);
                    }
                    done => {
                        drop(held);
                        FrameKind::<S>::release(found, &mut io.reader);
                        break done;
                    }
                }
            }
            if !schedule.next_frame_follows::<S>(io, $link)
                && !(state::has_entered::<S>(io) && settle(context, io, state, deadline, schedule, $link))
            {
                break Ok(Outcome::GoOn);
            }
        };
        drop(batch);
        $connection.outcome(done)
    }};
}

impl<S: TcpServer> Connection<'_, S> {
    /// Makes calls that never wait, until something else comes.
    fn poll_calls_at_once(&mut self, cx: &mut Context<'_>) -> Poll<Event<S::Message>> {
        let mut begun = self.begin_round(cx);
        loop {
            let next = match begun.take() {
                Some(next) => next,
                None => ready!(self.poll_next(cx)),
            };
            let outcome = match next {
                Next::Frames => self.call_at_once(cx),
                Next::Event(event) => return Poll::Ready(event),
            };
            if let Some(event) = outcome.event() {
                return Poll::Ready(event);
            }
        }
    }

    /// Makes calls that never wait.
    fn call_at_once(&mut self, cx: &mut Context<'_>) -> Outcome {
        call_loop!(self, |access, link, limit, batch, server, frame, state| {
            let (mut access, _) = (access, limit);
            let watched = batch.tally.begin(const { !S::ARMS.is_empty() });
            let polled = pin!(server.handle_call(frame, state)).poll(cx);
            drop(watched);
            match polled {
                Poll::Ready(Ok(action)) => access.with(|half| act::<S>(half, action, cx)),
                Poll::Ready(Err(error)) => Err(CallbackError::Failed(error)),
                // A call that never waits, as the server says, does.
                Poll::Pending => Ok(Outcome::End(CloseReason::Handler)),
            }
        })
    }

    /// Makes calls that may wait.
    async fn call_and_wait(&mut self) -> Outcome {
        call_loop!(self, |access, link, limit, batch, server, frame, state| {
            let call = pin!(server.handle_call(frame, state));
            let poll = watched::<S>(batch, call);
            drive::call(access, link, limit, poll, |half, action, cx| act::<S>(half, action, cx)).await
        })
    }
}

/// Lets the options of the state hold that a call has named, and tells the session. Returns whether
/// the next frame may follow. It is apart, so that the loop has its registers for calls that stay
/// in their state.
#[cold]
#[inline(never)]
fn settle<S: TcpServer>(
    context: &context::Context<S>,
    io: &mut Io,
    session: &mut S::Session,
    deadline: &mut Deadline,
    schedule: &mut Schedule,
    link: &Link,
) -> bool {
    state::settle(context, io);
    // Here, as the next round may begin when the time of the wait is over.
    if std::mem::take(&mut io.reader.received) {
        deadline.clear();
    }
    state::tell::<S>(session, link);
    schedule.next_frame_follows::<S>(io, link)
}

/// Polls a call that may wait: shows its polls, and counts the arm of the table that it comes to.
#[inline]
fn watched<'a, S: TcpServer>(
    batch: &mut Batch<'_>,
    mut call: Pin<&mut impl Future<Output = Result<Action<'a>, BoxError>>>,
) -> impl FnMut(&mut Context<'_>) -> Poll<Result<Action<'a>, BoxError>> {
    move |cx| {
        let Batch { tally, watch } = batch;
        let shown = watch.as_deref_mut().map(Watch::poll);
        let watched = tally.begin(const { !S::ARMS.is_empty() });
        let polled = call.as_mut().poll(cx);
        drop(watched);
        drop(shown);
        if polled.is_pending() {
            tally.add();
            if let Some(watch) = watch {
                watch.tell_arm(tally.counters(), tally.arm());
            }
        }
        polled
    }
}
