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
use crate::table::state::tag;

/// The end of a callback.
pub(super) enum Outcome {
    GoOn,
    /// The connection goes on in a state that the action has named.
    GoOnThere,
    End(CloseReason),
    Failure(Failure),
}

impl Outcome {
    /// Returns `None` if the connection goes on.
    #[inline]
    pub(super) fn event<M>(self) -> Option<Event<M>> {
        match self {
            Outcome::GoOn | Outcome::GoOnThere => None,
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
    if has_states::<S>() && state::named(action.then).is_some() {
        return act_and_go(half, action, const { tag(S::STATES) }, cx);
    }
    act_here(half, action, cx)
}

/// Does what an action says that stays in its state.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as `act`")]
fn act_here(half: &mut WriteHalf<'_>, action: Action<'_>, cx: &mut Context<'_>) -> Result<Outcome, CallbackError> {
    let Action { send, then } = action;
    match send {
        Payload::Nothing => {}
        Payload::Bytes(data) => {
            let pushed = half.push(data, cx);
            pushed.map_err(|error| CallbackError::Failed(Error::from(error).into()))?;
        }
        #[cfg(feature = "codec")]
        Payload::Item(item) => half.push_item(item).map_err(CallbackError::Failed)?,
    }
    Ok(if then & CLOSE != 0 {
        Outcome::End(CloseReason::Handler)
    } else {
        Outcome::GoOn
    })
}

/// Does what an action says that names a state, unless the state is one of another enum. It is apart,
/// so that calls that stay in their state cost nothing more: with it among them a call took 8 % more
/// instructions with 16 in flight.
#[inline(never)]
fn act_and_go(
    half: &mut WriteHalf<'_>,
    action: Action<'_>,
    tag: u32,
    cx: &mut Context<'_>,
) -> Result<Outcome, CallbackError> {
    let state = state::place(action.then, tag).ok_or_else(foreign_state)?;
    let outcome = act_here(half, action, cx)?;
    half.go_to_state(state);
    Ok(match outcome {
        Outcome::GoOn => Outcome::GoOnThere,
        closes => closes,
    })
}

#[cold]
fn foreign_state() -> CallbackError {
    let message = "`next` names a state of another enum than the one of the option `state`";
    CallbackError::Failed(message.into())
}
