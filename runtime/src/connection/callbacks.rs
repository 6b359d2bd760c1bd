//! The callbacks of a connection beside `handle_call` and `closed`.

use std::pin::pin;
use std::sync::Arc;

use super::Connection;
use super::drive::{self, CallbackError};
use super::loan::IoLoan;
use super::outcome::{Outcome, act};
use super::state;
use crate::api::peer::Peer;
use crate::api::tcp_server::TcpServer;
use crate::options::active::Intake;
use crate::reason::{CloseReason, Failure};

/// An occasion for a callback beside frames.
pub(super) enum Notice<M> {
    Message(M),
    /// The frames that were to be taken have run out.
    RanOut,
    Stopping,
}

/// The callback that is running, for the log; or what else of the user's code runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum RunningCallback {
    /// Of the transport, which may run code of a user's.
    Handshake,
    Connected,
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    TakenOver,
    Decode,
    HandleCall,
    HandleInfo,
    Passive,
    Failed,
    Stopping,
}

impl RunningCallback {
    pub(super) fn name(self) -> &'static str {
        match self {
            RunningCallback::Handshake => "the handshake",
            RunningCallback::Connected => "connected",
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            RunningCallback::TakenOver => "taken_over",
            RunningCallback::Decode => "decode",
            RunningCallback::HandleCall => "handle_call",
            RunningCallback::HandleInfo => "handle_info",
            RunningCallback::Passive => "passive",
            RunningCallback::Failed => "failed",
            RunningCallback::Stopping => "stopping",
        }
    }
}

impl<S: TcpServer> Connection<'_, S> {
    /// Runs `connected`, which makes the session.
    pub(super) async fn connect(&mut self) -> Result<(), CloseReason> {
        self.handshake().await?;
        #[cfg(feature = "record")]
        self.io.tape_beginning();
        self.running = RunningCallback::Connected;
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
        let connected = {
            let _loan = IoLoan::new(io, link);
            let mut call = pin!(async { server.connected(socket, peer).await });
            drive::call(
                link,
                link,
                limit,
                |cx| call.as_mut().poll(cx),
                |_, session, _| Ok(session),
            )
            .await
        };
        match connected {
            Ok(session) => {
                self.session = Some(session);
                Ok(())
            }
            Err(error) => self.not_begun(error),
        }
    }

    /// Returns why a connection ends whose first callback returned no value: `failed` runs only for
    /// one that has begun.
    pub(super) fn not_begun(&self, error: CallbackError) -> Result<(), CloseReason> {
        match self.outcome_of_error(error) {
            Outcome::End(reason) => Err(reason),
            Outcome::Failure(failure) => Err(failure.close_reason()),
            Outcome::GoOn => Ok(()),
        }
    }

    /// Runs `passive`, once, as the frames that were to be taken have run out.
    pub(super) async fn run_out(&mut self) -> Outcome {
        self.io.intake = Intake::None;
        self.tell(Notice::RanOut).await
    }

    /// Runs `stopping`, as the server stops; a connection that was cut has no time left for it.
    pub(super) async fn say_goodbye(&mut self) -> CloseReason {
        if self.permit.link.signal().cuts() {
            return CloseReason::Stopped;
        }
        #[cfg(feature = "record")]
        self.io.stream.tape_stopped();
        self.deadline.clear();
        let failure = match self.tell(Notice::Stopping).await {
            Outcome::GoOn | Outcome::End(CloseReason::Handler) => return CloseReason::Stopped,
            Outcome::End(reason) => return reason,
            Outcome::Failure(failure) => failure,
        };
        self.fail(failure).await.unwrap_or(CloseReason::Stopped)
    }

    /// Runs the callback for what is no frame.
    pub(super) async fn tell(&mut self, notice: Notice<S::Message>) -> Outcome {
        self.schedule.turn.count();
        self.io.reader.search();
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
        state::tell::<S>(state, link);
        let server = &context.server;
        let call_timeout = io.stream.call_timeout();
        let stops = matches!(notice, Notice::Stopping);
        let limit = if stops {
            io.stream.begin_close().min(call_timeout)
        } else {
            call_timeout
        };
        // The callback may wait, so an empty buffer is given back; a message may be a part of it,
        // so it may be kept.
        io.reader.tidy();
        let done = {
            let _loan = IoLoan::new(io, link);
            let mut call = pin!(async move {
                match notice {
                    Notice::Message(message) => server.handle_info(message, socket, state).await,
                    Notice::RanOut => server.passive(socket, state).await,
                    Notice::Stopping => server.stopping(socket, state).await,
                }
            });
            drive::call(link, link, limit, |cx| call.as_mut().poll(cx), act::<S>).await
        };
        state::settle(context, io);
        self.outcome(match done {
            Err(CallbackError::Late(limit)) if stops && limit < call_timeout => Err(CallbackError::LateToClose(limit)),
            done => done,
        })
    }

    /// Runs `failed`, which says what to reply. Returns `None` if the connection goes on.
    pub(super) async fn fail(&mut self, failure: Failure) -> Option<CloseReason> {
        self.deadline.clear();
        self.io.reader.search();
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
        state::tell::<S>(state, link);
        let server = &context.server;
        let limit = io.stream.call_timeout();
        io.reader.rest();
        let done = {
            let mut call = pin!(async { server.failed(&failure, state).await });
            drive::call(io.write_half(), link, limit, |cx| call.as_mut().poll(cx), act::<S>).await
        };
        state::settle(context, io);
        let outcome = self.outcome(done);
        match outcome {
            Outcome::GoOn if failure.is_recoverable() => None,
            Outcome::GoOn | Outcome::End(CloseReason::Handler) => Some(failure.close_reason()),
            Outcome::End(reason) => Some(reason),
            Outcome::Failure(second) => Some(second.close_reason()),
        }
    }
}
