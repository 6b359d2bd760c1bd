//! The frames of a connection: each is a call.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::callbacks::{Lent, act};
use super::{Connection, During, FrameKind, Outcome, TURN};
use crate::behaviour::TcpServer;
use crate::deadline::Deadline;
use crate::drive::{self, Interrupted, Patience};
use crate::input::{Input, Kind};
use crate::io::Io;
use crate::link::{Link, Signal};
use crate::reason::{CloseReason, Failure};
use crate::session::Session;

impl<S: TcpServer> Connection<'_, S> {
    /// The frame is split off, and the connection lent to the call.
    pub(super) async fn call_with_socket(&mut self) -> Result<Outcome, Interrupted> {
        let Connection {
            context,
            link,
            io,
            socket,
            slot,
            session,
            deadline,
            during,
            found,
            ..
        } = self;
        let Some(found) = found.take() else {
            return Ok(Outcome::GoOn);
        };
        *during = During::HandleCall;
        begin(deadline, link, io);
        let mut held = FrameKind::<S>::split(found, &mut io.inward);
        let Some(state) = session.as_mut().and_then(Session::state) else {
            return Ok(Outcome::End(CloseReason::Stopped));
        };
        let Some(frame) = S::Input::frame(&mut held, socket) else {
            return Ok(Outcome::Failure(context.log_peer(link, Failure::NotUtf8)));
        };
        let limit = io.outward.call_timeout();
        let _lent = Lent::new(io, slot);
        let mut call = pin!(context.server.handle_call(frame, state));
        let mut tally = context.handle.inner().arms.tally();
        let call = pin!(poll_fn(|cx| {
            let watched = tally.begin::<S>();
            let polled = call.as_mut().poll(cx);
            drop(watched);
            tally.add();
            polled
        }));
        drive::call(&**slot, link, limit, call, act).await
    }

    /// Handles the frame that was found, and those that came with it as long as nothing else is due. They are lent where they lie.
    pub(super) async fn call_in_turn(&mut self) -> Result<Outcome, Interrupted> {
        let Connection {
            context,
            link,
            io,
            socket,
            session,
            deadline,
            handled,
            during,
            found,
            ..
        } = self;
        let (Some(mut found), Some(state)) = (found.take(), session.as_mut().and_then(Session::state)) else {
            return Ok(Outcome::End(CloseReason::Stopped));
        };
        let io = &mut **io;
        *during = During::HandleCall;
        let mut tally = context.handle.inner().arms.tally();
        loop {
            begin(deadline, link, io);
            tally.call();
            let outcome = {
                let Io { inward, outward, .. } = &mut *io;
                let mut held = FrameKind::<S>::hold(&mut found, inward);
                match S::Input::frame(&mut held, socket) {
                    Some(frame) => {
                        let mut call = pin!(context.server.handle_call(frame, state));
                        let mut outward = outward;
                        let mut patience = Patience::new(outward.call_timeout());
                        poll_fn(|cx| {
                            let watched = tally.begin::<S>();
                            let polled = call.as_mut().poll(cx);
                            drop(watched);
                            match polled {
                                Poll::Ready(Ok(action)) => Poll::Ready(act(outward, action, cx)),
                                Poll::Ready(Err(error)) => Poll::Ready(Err(Interrupted::Failed(error))),
                                Poll::Pending => {
                                    tally.add();
                                    drive::poll_pending(&mut outward, link, &mut patience, cx).map(Err)
                                }
                            }
                        })
                        .await
                    }
                    None => Ok(Outcome::Failure(context.log_peer(link, Failure::NotUtf8))),
                }
            };
            FrameKind::<S>::release(found, &mut io.inward);
            if !matches!(outcome, Ok(Outcome::GoOn)) || !is_in_turn::<S>(io, link, *handled) {
                return outcome;
            }
            *handled += 1;
            *during = During::Decode;
            let next = FrameKind::<S>::find(io);
            *during = During::HandleCall;
            found = match next {
                Ok(Some(found)) => found,
                Ok(None) => return outcome,
                Err(error) => return Ok(Outcome::Failure(context.frame_failure(link, &error))),
            };
        }
    }
}

/// A frame is taken.
#[inline]
fn begin(deadline: &mut Deadline, link: &Link, io: &mut Io) {
    deadline.clear();
    link.count_call();
    io.intake = io.intake.after_a_frame();
}

/// Whether the next frame may be handled before anything else is looked at.
#[inline]
fn is_in_turn<S: TcpServer>(io: &Io, link: &Link, handled: u32) -> bool {
    !S::TAKES_MESSAGES
        && handled < TURN
        && link.signal() == Signal::None
        && io.intake.is_open()
        && io.outward.is_open()
        && !io.outward.is_too_old()
        && !FrameKind::<S>::gives_way(io)
}
