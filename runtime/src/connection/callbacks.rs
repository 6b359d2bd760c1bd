//! The callbacks of a connection, and what follows from each.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Connection, Notice, Outcome, RunningCallback};
use crate::api::action::{Action, Payload};
use crate::api::peer::Peer;
use crate::api::tcp_server::TcpServer;
use crate::connection::drive::{self, CallbackError};
use crate::error::{BoxError, Chain, Error, ErrorKind};
use crate::io::link::{Link, Signal};
use crate::io::{IoSlot, Left, Saw, WriteHalf};
use crate::log::{Quoted, event};
use crate::options::active::Intake;
use crate::reason::{CloseReason, Failure};

impl<S: TcpServer> Connection<'_, S> {
    pub(super) async fn connect(&mut self) -> Result<(), CloseReason> {
        if self.permit.link.signal() != Signal::None {
            return Err(CloseReason::Stopped);
        }
        let peer = Peer::new(Arc::clone(&self.permit.link), self.mailbox.clone());
        let Connection {
            context,
            permit,
            io,
            socket,
            ..
        } = self;
        let link = &*permit.link;
        let server = &context.server;
        let limit = io.stream.call_timeout();
        // Whoever receives in it is woken by the connection, as in any other callback.
        poll_fn(|cx| {
            link.register(cx);
            Poll::Ready(())
        })
        .await;
        let connected = {
            let _lent = IoLoan::new(io, link);
            let call = pin!(async { server.connected(socket, peer).await });
            drive::call(link, link, limit, call, |_, state, _| Ok(state)).await
        };
        match connected {
            Ok(state) => {
                self.session = Some(state);
                Ok(())
            }
            // There is no session yet that `failed` could be asked with.
            Err(interrupted) => match self.interrupted(interrupted) {
                Outcome::End(reason) => Err(reason),
                Outcome::Failure(failure) => Err(failure.close_reason()),
                Outcome::GoOn => Ok(()),
            },
        }
    }

    /// The frames that were to be taken have run out, which is told once.
    pub(super) async fn run_out(&mut self) -> Outcome {
        self.io.intake = Intake::None;
        self.tell(Notice::RanOut).await
    }

    /// The server stops. A connection that was cut isn't asked what to say, as its time is over.
    pub(super) async fn say_goodbye(&mut self) -> CloseReason {
        if self.permit.link.signal().cuts() {
            return CloseReason::Stopped;
        }
        self.deadline.clear();
        let failure = match self.tell(Notice::Stopping).await {
            Outcome::GoOn | Outcome::End(CloseReason::Handler) => return CloseReason::Stopped,
            Outcome::End(reason) => return reason,
            Outcome::Failure(failure) => failure,
        };
        self.fail(failure).await.unwrap_or(CloseReason::Stopped)
    }

    /// Tells what is no frame.
    pub(super) async fn tell(&mut self, notice: Notice<S::Message>) -> Outcome {
        self.turn.count();
        self.running = match notice {
            Notice::Message(_) => RunningCallback::HandleInfo,
            Notice::RanOut => RunningCallback::Passive,
            Notice::Stopping => RunningCallback::Stopping,
        };
        let Connection {
            context,
            permit,
            io,
            socket,
            session,
            ..
        } = self;
        let link = &*permit.link;
        let Some(state) = session.as_mut() else {
            return Outcome::End(CloseReason::Stopped);
        };
        let server = &context.server;
        let call_timeout = io.stream.call_timeout();
        let stops = matches!(notice, Notice::Stopping);
        let limit = if stops {
            io.stream.begin_close().min(call_timeout)
        } else {
            call_timeout
        };
        // It may wait, and reads nothing of what was handled; but what it is told may be a part of that.
        io.reader.tidy();
        let done = {
            let _lent = IoLoan::new(io, link);
            let call = pin!(async move {
                match notice {
                    Notice::Message(message) => server.handle_info(message, socket, state).await,
                    Notice::RanOut => server.passive(socket, state).await,
                    Notice::Stopping => server.stopping(socket, state).await,
                }
            });
            drive::call(link, link, limit, call, act).await
        };
        self.outcome(match done {
            Err(CallbackError::Late(limit)) if stops && limit < call_timeout => Err(CallbackError::LateToClose(limit)),
            done => done,
        })
    }

    /// Asks `failed` what to say. None: the connection goes on.
    pub(super) async fn fail(&mut self, failure: Failure) -> Option<CloseReason> {
        self.deadline.clear();
        self.running = RunningCallback::Failed;
        let Connection {
            context,
            permit,
            io,
            session,
            ..
        } = self;
        let link = &*permit.link;
        let state = session.as_mut()?;
        let server = &context.server;
        let limit = io.stream.call_timeout();
        io.reader.rest();
        let done = {
            let call = pin!(async { server.failed(&failure, state).await });
            drive::call(io.write_half(), link, limit, call, act).await
        };
        let outcome = self.outcome(done);
        match outcome {
            Outcome::GoOn if failure.is_recoverable() => None,
            Outcome::GoOn | Outcome::End(CloseReason::Handler) => Some(failure.close_reason()),
            Outcome::End(reason) => Some(reason),
            Outcome::Failure(second) => Some(second.close_reason()),
        }
    }

    /// What follows from a callback.
    pub(super) fn outcome(&self, done: Result<Outcome, CallbackError>) -> Outcome {
        done.unwrap_or_else(|interrupted| self.interrupted(interrupted))
    }

    /// What follows from one that returned no value.
    fn interrupted(&self, interrupted: CallbackError) -> Outcome {
        match interrupted {
            CallbackError::Cut(Signal::Kick) => Outcome::End(CloseReason::Kicked),
            CallbackError::Cut(_) => Outcome::End(CloseReason::Stopped),
            CallbackError::Panicked => Outcome::End(self.panicked(&interrupted)),
            CallbackError::Late(limit) => self.call_took_longer(limit),
            CallbackError::LateToClose(_) => {
                self.context
                    .log_call(self.running.name(), Some(&self.permit.link), interrupted);
                Outcome::End(CloseReason::Stopped)
            }
            CallbackError::Left(Left::Ended) => Outcome::End(self.end_of_input()),
            CallbackError::Left(Left::Broken(broken)) => Outcome::End(self.broke(broken)),
            CallbackError::Failed(error) => self.call_failed(error, None),
            CallbackError::FailedAfter(saw, error) => self.call_failed(error, Some(saw)),
        }
    }

    /// What runs panicked.
    pub(super) fn panicked(&self, panicked: &CallbackError) -> CloseReason {
        self.context
            .log_call(self.running.name(), Some(&self.permit.link), panicked);
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

    /// An error of the connection that a callback passed on is the connection's, not the callback's, whatever the callback made of it.
    fn call_failed(&self, error: BoxError, saw: Option<Saw>) -> Outcome {
        if let Some(broken) = self.io.stream.broken() {
            return Outcome::End(self.broke(broken));
        }
        match saw {
            Some(Saw::End | Saw::Closed) => {
                let (server, peer) = (self.context.handle.label(), self.permit.link.peer_addr);
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

/// A connection that is lent to a socket, until this is dropped.
pub(super) struct IoLoan<'l> {
    io: &'l mut IoSlot,
    link: &'l Link,
}

impl<'l> IoLoan<'l> {
    pub(super) fn new(io: &'l mut IoSlot, link: &'l Link) -> Self {
        io.stream.begin_callback();
        let mut lent = IoLoan { io, link };
        lent.swap();
        lent
    }

    fn swap(&mut self) {
        std::mem::swap(self.io, &mut *self.link.lent());
    }
}

impl Drop for IoLoan<'_> {
    fn drop(&mut self) {
        self.swap();
    }
}

/// Does what a callback wants done.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "what nearly every call wants is a copy into the write buffer"
)]
pub(super) fn act(
    half: &mut WriteHalf<'_>,
    action: Action<'_>,
    cx: &mut Context<'_>,
) -> Result<Outcome, CallbackError> {
    let Action { send, close } = action;
    match send {
        Payload::Nothing => {}
        Payload::Bytes(data) => {
            let pushed = half.push(data, cx);
            pushed.map_err(|error| CallbackError::Failed(Error::from(error).into()))?;
        }
        #[cfg(feature = "codec")]
        Payload::Item(item) => half.push_item(item).map_err(CallbackError::Failed)?,
    }
    Ok(if close {
        Outcome::End(CloseReason::Handler)
    } else {
        Outcome::GoOn
    })
}
