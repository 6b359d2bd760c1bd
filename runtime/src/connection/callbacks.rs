//! The callbacks of a connection, and what follows from each.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Connection, Found, FrameKind, Outcome};
use crate::action::{Action, Payload};
use crate::active::Intake;
use crate::behaviour::TcpServer;
use crate::drive::{self, Interrupted};
use crate::error::{BoxError, Chain, Error, ErrorKind};
use crate::input::{Input, Kind};
use crate::io::Io;
use crate::link::Signal;
use crate::peer::Peer;
use crate::reason::{CloseReason, Failure};
use crate::session::Session;

impl<S: TcpServer> Connection<'_, S> {
    pub(super) async fn connect(&mut self) -> Result<(), CloseReason> {
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
        let connected = drive::call(
            &**slot,
            link,
            pin!(async { server.connected(socket, peer).await }),
            |_, state| Ok(state),
        )
        .await;
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

    pub(super) async fn handle_frame(&mut self, found: Found<S>) -> Outcome {
        self.deadline.clear();
        self.link.count_call();
        self.io.intake = self.io.intake.after_a_frame();
        let mut held = FrameKind::<S>::hold(found, &mut self.io, S::Input::SOCKET);
        let outcome = self.call(&mut held).await;
        FrameKind::<S>::release(held, &mut self.io);
        outcome
    }

    async fn call(&mut self, held: &mut <FrameKind<S> as Kind>::Held) -> Outcome {
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
            let call = pin!(context.handle.inner().arms.watch::<S, _>(call));
            if S::Input::SOCKET {
                swap(io, slot);
                let done = drive::call(&**slot, link, call, act).await;
                swap(io, slot);
                done
            } else {
                drive::call(&mut *io, link, call, act).await
            }
        };
        done.unwrap_or_else(|interrupted| self.interrupted("handle_call", interrupted))
    }

    pub(super) async fn handle_message(&mut self, message: S::Message) -> Outcome {
        self.tell(Some(message)).await
    }

    /// The frames that were to be taken have run out, which is told once.
    pub(super) async fn run_out(&mut self) -> Outcome {
        self.io.intake = Intake::None;
        self.tell(None).await
    }

    /// Tells a message, or else that the connection is passive from here on.
    async fn tell(&mut self, message: Option<S::Message>) -> Outcome {
        let callback = if message.is_some() { "handle_info" } else { "passive" };
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
            let call = pin!(async move {
                match message {
                    Some(message) => server.handle_info(message, socket, state).await,
                    None => server.passive(socket, state).await,
                }
            });
            let done = drive::call(&**slot, link, call, act).await;
            swap(io, slot);
            done
        };
        done.unwrap_or_else(|interrupted| self.interrupted(callback, interrupted))
    }

    /// Asks `failed` what to say. None: the connection goes on.
    pub(super) async fn fail(&mut self, failure: Failure) -> Option<CloseReason> {
        self.deadline.clear();
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
            drive::call(&mut *io, link, call, act).await
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
}

/// Between a socket and the call loop the connection changes hands.
fn swap(io: &mut Io, slot: &Mutex<Io>) {
    std::mem::swap(io, &mut *slot.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Does what a callback wants done.
fn act(io: &mut Io, action: Action<'_>) -> Result<Outcome, Interrupted> {
    let Action { send, close } = action;
    match send {
        Payload::Nothing => {}
        Payload::Bytes(data) => {
            let pushed = io.push(&data);
            data.recycle();
            pushed.map_err(|error| Interrupted::Failed(Error::from(error).into()))?;
        }
        #[cfg(feature = "codec")]
        Payload::Item(item) => drive::caught(|| io.push_item(item))?.map_err(Interrupted::Failed)?,
    }
    Ok(if close {
        Outcome::End(CloseReason::Handler)
    } else {
        Outcome::GoOn
    })
}
