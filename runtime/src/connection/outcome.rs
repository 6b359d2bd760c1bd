//! The outcome of a callback: the connection goes on, fails, or ends.

use std::task::Context;
use std::time::Duration;

use super::Connection;
use super::drive::CallbackError;
use super::schedule::Event;
use super::state::has_states;
use crate::api::action::{Action, CLOSE, Payload};
use crate::api::state;
use crate::api::tcp_server::TcpServer;
use crate::error::{BoxError, Chain, Error, ErrorKind};
use crate::io::link::Signal;
use crate::io::{Left, Saw, WriteHalf};
use crate::log::{Quoted, event};
use crate::reason::{CloseReason, Failure};
use crate::server::timeouts::Limit;
use crate::table::state::tag;

/// The end of a callback.
pub(super) enum Outcome {
    GoOn,
    End(CloseReason),
    Failure(Failure),
}

impl Outcome {
    /// Returns `None` if the connection goes on.
    #[inline]
    pub(super) fn event<M>(self) -> Option<Event<M>> {
        match self {
            Outcome::GoOn => None,
            Outcome::End(reason) => Some(Event::End(reason)),
            Outcome::Failure(failure) => Some(Event::Failure(failure)),
        }
    }
}

impl<S: TcpServer> Connection<'_, S> {
    /// Returns what follows from a callback.
    pub(super) fn outcome(&self, done: Result<Outcome, CallbackError>) -> Outcome {
        done.unwrap_or_else(|error| self.outcome_of_error(error))
    }

    /// Returns what follows from a callback that returned no value.
    pub(super) fn outcome_of_error(&self, error: CallbackError) -> Outcome {
        match error {
            CallbackError::Cut(Signal::Kick) => Outcome::End(CloseReason::Kicked),
            CallbackError::Cut(_) => Outcome::End(CloseReason::Stopped),
            CallbackError::Panicked => Outcome::End(self.panicked(&error)),
            CallbackError::Late(limit) => self.call_took_longer(limit),
            CallbackError::LateToClose(_) => {
                self.context
                    .log_call(self.running.name(), Some(&self.permit.link), error);
                Outcome::End(CloseReason::Stopped)
            }
            CallbackError::Left(Left::Ended) => Outcome::End(self.end_of_input()),
            CallbackError::Left(Left::Broken(broken)) => Outcome::End(self.broke(broken)),
            CallbackError::Failed(error) => self.call_failed(error, None),
            CallbackError::FailedAfter(saw, error) => self.call_failed(error, Some(saw)),
        }
    }

    /// Logs that the callback that runs panicked.
    pub(super) fn panicked(&self, panic: &CallbackError) -> CloseReason {
        self.context
            .log_call(self.running.name(), Some(&self.permit.link), panic);
        CloseReason::Panic
    }

    fn call_took_longer(&self, limit: Duration) -> Outcome {
        let callback = self.running.name();
        self.context.count_timeout(Limit::Call);
        self.context
            .log_call(callback, Some(&self.permit.link), CallbackError::Late(limit));
        if let Some(broken) = self.io.stream.broken() {
            return Outcome::End(self.broke(broken));
        }
        let message = format!("{callback} took longer than call_timeout {limit:?}");
        Outcome::Failure(Failure::Call(Error::new(ErrorKind::CallTimeout, message).into()))
    }

    /// Returns what follows from an error that a callback returned. One of the connection that the
    /// callback passed on is the connection's, whatever the callback made of it.
    fn call_failed(&self, error: BoxError, saw: Option<Saw>) -> Outcome {
        if let Some(broken) = self.io.stream.broken() {
            return Outcome::End(self.broke(broken));
        }
        match saw {
            Some(Saw::End | Saw::Closed) => {
                let (server, peer) = (self.context.handle.label(), self.permit.link.peer_addr());
                let (callback, error) = (self.running.name(), Quoted(Chain(&*error)));
                event!(debug, name: "peer left", server, callback, %peer, "the peer closed during {callback}: {error}");
                Outcome::End(self.end_of_input())
            }
            Some(Saw::Timeout) => {
                self.context.count_timeout(Limit::Recv);
                self.context.log_peer(&self.permit.link, Quoted(Chain(&*error)));
                Outcome::Failure(Failure::Timeout)
            }
            Some(Saw::TooLong) => Outcome::Failure(self.context.log_peer(&self.permit.link, Failure::TooLong)),
            Some(Saw::Malformed) => Outcome::Failure(self.context.log_peer(&self.permit.link, Failure::Malformed)),
            None => {
                self.context
                    .log_call(self.running.name(), Some(&self.permit.link), Chain(&*error));
                Outcome::Failure(Failure::Call(error))
            }
        }
    }
}

/// Does what an action says.
///
/// On a server with states an action that does more than send goes apart: with it among the others,
/// a call that stays in its state took 3 % more instructions with 16 in flight.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "what nearly every call wants is a copy into the write buffer"
)]
pub(super) fn act<S: TcpServer>(
    half: &mut WriteHalf<'_>,
    action: Action<'_>,
    cx: &mut Context<'_>,
) -> Result<Outcome, CallbackError> {
    let Action { send, then } = action;
    let closes = if has_states::<S>() && then != 0 {
        send_and_go(half.reborrow(), send, then, const { tag(S::STATES) }, cx)
    } else {
        send_all(half, send, cx).map(|()| then & CLOSE != 0)
    };
    match closes {
        Ok(false) => Ok(Outcome::GoOn),
        Ok(true) => Ok(Outcome::End(CloseReason::Handler)),
        Err(error) => Err(CallbackError::Failed(error)),
    }
}

/// Adds what an action sends to what is to be sent.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as `act`")]
fn send_all(half: &mut WriteHalf<'_>, send: Payload<'_>, cx: &mut Context<'_>) -> Result<(), BoxError> {
    match send {
        Payload::Nothing => {}
        Payload::Bytes(data) => half.push(data, cx).map_err(Error::from)?,
        #[cfg(feature = "codec")]
        Payload::Item(item) => half.push_item(item)?,
    }
    Ok(())
}

/// The same of an action that closes or names a state, which the connection goes to. Returns
/// whether it closes. What it takes and returns fits registers.
///
/// # Errors
///
/// The state is one of another enum; then nothing is sent.
#[cold]
#[inline(never)]
fn send_and_go(
    mut half: WriteHalf<'_>,
    send: Payload<'_>,
    then: u32,
    tag: u32,
    cx: &mut Context<'_>,
) -> Result<bool, BoxError> {
    let state = state::place(then, tag);
    if state.is_none() && state::named(then).is_some() {
        return Err("`next` names a state of another enum than the one of the option `state`".into());
    }
    send_all(&mut half, send, cx)?;
    if let Some(state) = state {
        half.go_to_state(state);
    }
    Ok(then & CLOSE != 0)
}
