//! The frames of a connection: each is a call.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

use super::callbacks::{IoLoan, act};
use super::{Connection, Event, Found, FrameKind, Notice, Outcome, RunningCallback, Turn};
use crate::api::input::{Input, Kind};
use crate::api::tcp_server::TcpServer;
use crate::connection::drive::{self, CallTimeout, CallbackError};
use crate::io::Io;
use crate::io::deadline::Deadline;
use crate::io::link::{Link, Signal};
use crate::reason::{CloseReason, Failure};

/// How a server's calls are made: a type, so that a connection's future has the memory of its own way alone.
pub(super) trait Calls {
    /// What comes next that is rare; what comes before it is handled.
    fn next<S: TcpServer>(connection: &mut Connection<'_, S>) -> impl Future<Output = Event<S>> + Send;
}

/// As functions, by [`Connection::call_at_once`] where they are found.
pub(super) enum AtOnce {}

/// With the frame lent where it lies, or with the connection lent to the call. Messages are told likewise, as they may be as many.
pub(super) enum InTurn {}

impl Calls for AtOnce {
    fn next<S: TcpServer>(connection: &mut Connection<'_, S>) -> impl Future<Output = Event<S>> + Send {
        poll_fn(|cx| connection.poll_next(cx))
    }
}

impl Calls for InTurn {
    async fn next<S: TcpServer>(connection: &mut Connection<'_, S>) -> Event<S> {
        loop {
            let done = match poll_fn(|cx| connection.poll_next(cx)).await {
                Event::Frame(found) if S::Input::SOCKET => connection.call_with_socket(found).await,
                Event::Frame(found) => connection.call_in_turn(found).await,
                Event::Message(message) => Ok(connection.tell(Notice::Message(message)).await),
                event => return event,
            };
            match done {
                Ok(Outcome::GoOn) => {}
                done => return connection.follow(done),
            }
        }
    }
}

impl<S: TcpServer> Connection<'_, S> {
    /// Handles the frames that are here, as long as nothing else is due. They are lent where they lie. None: no whole one is left.
    pub(super) fn call_at_once(&mut self, cx: &mut Context<'_>) -> Option<Event<S>> {
        let Connection {
            context,
            permit,
            io,
            socket,
            session,
            deadline,
            turn,
            running,
            ..
        } = self;
        let link = &*permit.link;
        let state = session.as_mut()?;
        let io = &mut **io;
        io.writer.prepare_for(io.unhandled());
        let mut tally = context.handle.inner().arms.tally();
        let done = loop {
            *running = RunningCallback::Decode;
            let mut found = match FrameKind::<S>::find(io) {
                Ok(Some(found)) => found,
                Ok(None) if io.is_eof() => break None,
                Ok(None) => return None,
                Err(error) => break Some(Ok(Outcome::Failure(context.frame_failure(link, &error)))),
            };
            *running = RunningCallback::HandleCall;
            begin(deadline, link, io);
            turn.count();
            tally.call();
            let (reader, mut half) = io.split();
            let mut held = FrameKind::<S>::hold(&mut found, reader);
            let done = match S::Input::frame(&mut held, socket) {
                Some(frame) => {
                    let watched = tally.begin(const { !S::PROTOCOL.is_empty() });
                    let called = pin!(context.server.handle_call(frame, state)).poll(cx);
                    drop(watched);
                    match called {
                        Poll::Ready(Ok(action)) => act(&mut half, action, cx),
                        Poll::Ready(Err(error)) => Err(CallbackError::Failed(error)),
                        // It is ready, as it says.
                        Poll::Pending => Ok(Outcome::End(CloseReason::Handler)),
                    }
                }
                None => Ok(Outcome::Failure(context.log_peer(link, Failure::NotUtf8))),
            };
            drop(held);
            FrameKind::<S>::release(found, &mut io.reader);
            if !matches!(done, Ok(Outcome::GoOn)) {
                break Some(done);
            }
            // Nothing in it is to be given back.
            std::mem::forget(done);
            if !is_in_turn::<S>(io, link, turn) {
                return Some(Event::Handled);
            }
        };
        drop(tally);
        Some(match done {
            Some(done) => self.follow(done),
            None => Event::End(self.end_of_input()),
        })
    }

    /// Handles the frame that was found, and those that came with it, likewise; but calls may wait.
    async fn call_in_turn(&mut self, mut found: Found<S>) -> Result<Outcome, CallbackError> {
        let Connection {
            context,
            permit,
            io,
            socket,
            session,
            deadline,
            turn,
            running,
            ..
        } = self;
        let link = &*permit.link;
        let Some(state) = session.as_mut() else {
            return Ok(Outcome::End(CloseReason::Stopped));
        };
        let io = &mut **io;
        io.writer.prepare_for(io.unhandled());
        *running = RunningCallback::HandleCall;
        let mut tally = context.handle.inner().arms.tally();
        loop {
            begin(deadline, link, io);
            tally.call();
            let done = {
                let (reader, mut half) = io.split();
                let mut held = FrameKind::<S>::hold(&mut found, reader);
                match S::Input::frame(&mut held, socket) {
                    Some(frame) => {
                        let mut call = pin!(context.server.handle_call(frame, state));
                        let mut patience = CallTimeout::new(half.stream.call_timeout());
                        poll_fn(|cx| {
                            let watched = tally.begin(const { !S::PROTOCOL.is_empty() });
                            let polled = call.as_mut().poll(cx);
                            drop(watched);
                            match polled {
                                Poll::Ready(Ok(action)) => Poll::Ready(act(&mut half, action, cx)),
                                Poll::Ready(Err(error)) => Poll::Ready(Err(CallbackError::Failed(error))),
                                Poll::Pending => {
                                    tally.add();
                                    drive::poll_pending(&mut half, link, &mut patience, cx).map(Err)
                                }
                            }
                        })
                        .await
                    }
                    None => Ok(Outcome::Failure(context.log_peer(link, Failure::NotUtf8))),
                }
            };
            FrameKind::<S>::release(found, &mut io.reader);
            match done {
                Ok(Outcome::GoOn) => {}
                done => return done,
            }
            turn.count();
            if !is_in_turn::<S>(io, link, turn) {
                return Ok(Outcome::GoOn);
            }
            *running = RunningCallback::Decode;
            found = match FrameKind::<S>::find(io) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(Outcome::GoOn),
                Err(error) => return Ok(Outcome::Failure(context.frame_failure(link, &error))),
            };
            *running = RunningCallback::HandleCall;
        }
    }

    /// The frame is split off, and the connection lent to the call.
    async fn call_with_socket(&mut self, found: Found<S>) -> Result<Outcome, CallbackError> {
        let Connection {
            context,
            permit,
            io,
            socket,
            session,
            deadline,
            turn,
            running,
            ..
        } = self;
        let link = &*permit.link;
        *running = RunningCallback::HandleCall;
        turn.count();
        begin(deadline, link, io);
        let mut held = FrameKind::<S>::split(found, &mut io.reader);
        let Some(state) = session.as_mut() else {
            return Ok(Outcome::End(CloseReason::Stopped));
        };
        let Some(frame) = S::Input::frame(&mut held, socket) else {
            return Ok(Outcome::Failure(context.log_peer(link, Failure::NotUtf8)));
        };
        let limit = io.stream.call_timeout();
        let done = {
            let _lent = IoLoan::new(io, link);
            let mut call = pin!(context.server.handle_call(frame, state));
            let mut tally = context.handle.inner().arms.tally();
            let call = pin!(poll_fn(|cx| {
                let watched = tally.begin(const { !S::PROTOCOL.is_empty() });
                let polled = call.as_mut().poll(cx);
                drop(watched);
                tally.add();
                polled
            }));
            drive::call(link, link, limit, call, act).await
        };
        drop(held);
        io.reader.tidy();
        done
    }
}

/// A frame is taken.
#[inline]
fn begin(deadline: &mut Deadline, link: &Link, io: &mut Io) {
    deadline.clear();
    link.count_call();
    io.intake.take();
}

/// Whether the next frame may be handled before anything else is looked at.
#[inline]
fn is_in_turn<S: TcpServer>(io: &Io, link: &Link, turn: &mut Turn) -> bool {
    !S::TAKES_MESSAGES
        && !turn.is_over()
        && link.signal() == Signal::None
        && io.intake.is_open()
        && io.is_open()
        && !io.stream.is_too_old()
        && !FrameKind::<S>::gives_way(io)
}
