//! Hands a connection over to a new process, between two calls.

use std::future::poll_fn;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use rustix::io::Errno;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::Connection;
use super::callbacks::{Notice, RunningCallback};
use super::drive;
use super::loan::IoLoan;
use super::outcome::Outcome;
use super::{session, state};
use crate::api::peer::Peer;
use crate::api::tcp_server::TcpServer;
use crate::io::carried::Carried;
use crate::io::frozen::Frozen;
use crate::io::link::Signal;
use crate::log::Quoted;
use crate::log::event;
use crate::panics::discard;
use crate::reason::CloseReason;
use crate::server::freezer::{Answer, FrozenConnection, Verdict};

/// The most bytes that one connection takes along, its session and what it has not handled.
const MOST: usize = 16 * 1024 * 1024;

/// The parts that a connection brings along which another process has served so far.
pub(crate) struct Thawed<T> {
    pub(crate) session: T,
    pub(crate) carried: Carried,
}

/// The reason why a connection isn't frozen.
enum Unfrozen {
    /// It goes on in this process, for good.
    Stays,
    /// It was told something else meanwhile, or has ended.
    Otherwise(Outcome),
}

impl<S: TcpServer> Connection<'_, S> {
    /// Freezes the connection, as it was told to, and waits for the verdict. The connection ends if
    /// it goes on in the new process.
    pub(super) async fn freeze(&mut self) -> Outcome {
        let parts = match self.freeze_parts().await {
            Ok(parts) => parts,
            Err(unfrozen) => {
                self.thaw_mailbox();
                return match unfrozen {
                    Unfrozen::Otherwise(outcome) => outcome,
                    Unfrozen::Stays => {
                        let answer = Answer::Stays(self.permit.link.id);
                        let _ = self.context.handle.inner().freezer.answer(answer);
                        self.permit.link.unfreeze();
                        Outcome::GoOn
                    }
                };
            }
        };
        let (socket, carried, frozen) = parts;
        let tells_closed = frozen.tells_closed();
        let (verdict, said) = oneshot::channel();
        let frozen = FrozenConnection {
            socket,
            carried,
            frozen,
            verdict,
        };
        let answer = Answer::Frozen(self.permit.link.id, Box::new(frozen));
        let freezer = &self.context.handle.inner().freezer;
        // From here on the connection may be the new process's, so it isn't touched.
        let said = match freezer.answer(answer) {
            Ok(()) => said.await.unwrap_or(Verdict::There),
            Err(_) => Verdict::Here,
        };
        match said {
            Verdict::Here => {
                self.thaw_mailbox();
                self.permit.link.unfreeze();
                Outcome::GoOn
            }
            Verdict::There => {
                self.leave(tells_closed).await;
                Outcome::End(CloseReason::HandedOver)
            }
        }
    }

    /// Returns what the new process needs, once the callbacks are done and all replies are sent.
    async fn freeze_parts(&mut self) -> Result<(OwnedFd, Carried, Frozen), Unfrozen> {
        if !self.context.handle.inner().freezer.is_open() {
            // It was called off.
            self.permit.link.unfreeze();
            return Err(Unfrozen::Otherwise(Outcome::GoOn));
        }
        if !S::HANDS_OVER || !self.io.can_be_handed_over() {
            return Err(Unfrozen::Stays);
        }
        // A slow peer takes its replies before the mailbox closes, which is then for a moment only.
        self.flush().await?;
        self.handle_the_last_messages().await?;
        self.flush().await?;
        let frozen = self.freeze_session().await?;
        let options = self.context.live();
        let carried = Carried::of(&self.io, &self.permit.link, S::STATES, &options, &self.deadline);
        let carried = carried.ok_or(Unfrozen::Stays)?;
        if frozen.bytes().len().saturating_add(carried.unread.len()) > MOST {
            return Err(Unfrozen::Stays);
        }
        let socket = self.duplicate_socket().await?;
        Ok((socket, carried, frozen))
    }

    /// Returns a duplicate of the socket. Where descriptors have run out, it waits: those of the
    /// connections before are free once they have gone over.
    async fn duplicate_socket(&mut self) -> Result<OwnedFd, Unfrozen> {
        loop {
            let error = match self.io.stream.duplicate() {
                Some(Ok(socket)) => return Ok(socket),
                Some(Err(error)) => error,
                None => return Err(Unfrozen::Stays),
            };
            let full = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
            if !error.raw_os_error().is_some_and(|error| full.contains(&error)) {
                return Err(Unfrozen::Stays);
            }
            sleep(Duration::from_millis(1)).await;
            self.still_to_freeze()?;
        }
    }

    /// Handles the messages that were taken: from here on none is.
    async fn handle_the_last_messages(&mut self) -> Result<(), Unfrozen> {
        let Some(mailbox) = self.mailbox.clone() else {
            return Ok(());
        };
        mailbox.freeze();
        while let Some(message) = mailbox.pop() {
            match self.tell(Notice::Message(message)).await {
                Outcome::GoOn => self.still_to_freeze()?,
                outcome => return Err(Unfrozen::Otherwise(outcome)),
            }
        }
        Ok(())
    }

    fn still_to_freeze(&self) -> Result<(), Unfrozen> {
        if self.permit.link.signal() == Signal::Freeze {
            Ok(())
        } else {
            Err(Unfrozen::Otherwise(Outcome::GoOn))
        }
    }

    /// Sends what was replied, as long as nothing else is told.
    async fn flush(&mut self) -> Result<(), Unfrozen> {
        let (io, link) = (&mut *self.io, &*self.permit.link);
        let flushed = poll_fn(|cx| {
            link.register(cx);
            if link.signal() != Signal::Freeze || io.stream.poll_max_age(cx, false).is_ready() {
                return Poll::Ready(None);
            }
            io.poll_flush(cx).map(Some)
        });
        let flushed = flushed.await;
        match flushed {
            Some(Ok(())) => Ok(()),
            None => Err(Unfrozen::Otherwise(Outcome::GoOn)),
            Some(Err(broken)) => Err(Unfrozen::Otherwise(Outcome::End(self.broke(broken)))),
        }
    }

    /// Runs `freeze`.
    async fn freeze_session(&mut self) -> Result<Frozen, Unfrozen> {
        let limit = self.io.stream.call_timeout();
        let Connection {
            context,
            permit,
            session,
            ..
        } = self;
        let Some(session) = session.as_mut() else {
            return Err(Unfrozen::Stays);
        };
        let link = &*permit.link;
        state::tell::<S>(session, link);
        let server = &context.server;
        let freezing = pin!(async { server.freeze(session).await });
        let mut freezing = pin!(drive::within(limit, freezing));
        // One that hangs goes on when the upgrade is called off, or when it is told more.
        let frozen = poll_fn(|cx| {
            link.register(cx);
            if link.signal() != Signal::Freeze {
                return Poll::Ready(None);
            }
            freezing.as_mut().poll(cx).map(Some)
        });
        let frozen = frozen.await.ok_or(Unfrozen::Otherwise(Outcome::GoOn))?;
        frozen.map_err(|error| {
            let (server, id) = (context.handle.label(), permit.link.id);
            event!(debug, name: "stays", server, %id, "the session of {id} stays in this process: {}", Quoted(&error));
            discard(error);
            Unfrozen::Stays
        })
    }

    fn thaw_mailbox(&self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.unfreeze();
        }
    }

    /// Ends the connection here, as it goes on in the new process: its peers' messages find it
    /// gone, and the socket is closed without a word to the peer.
    async fn leave(&mut self, tells_closed: bool) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.permit.link.end(CloseReason::HandedOver);
        let Some(session) = self.take_session() else { return };
        if tells_closed {
            let limit = self.io.stream.call_timeout();
            session::close(self.context, session, CloseReason::HandedOver, limit).await;
        } else {
            discard(session);
        }
    }

    /// Runs `taken_over`, as the connection comes from another process with its session.
    pub(super) async fn take_over(&mut self) -> Result<(), CloseReason> {
        self.running = RunningCallback::TakenOver;
        let peer = Peer::new(std::sync::Arc::clone(&self.permit.link), self.mailbox.clone());
        let Connection {
            context,
            permit,
            io,
            socket,
            session,
            ..
        } = self;
        let link = &*permit.link;
        let Some(session) = session.as_mut() else {
            return Err(CloseReason::Stopped);
        };
        state::tell::<S>(session, link);
        let server = &context.server;
        let limit = io.stream.call_timeout();
        let done = {
            let _loan = IoLoan::new(io, link);
            let mut call = pin!(async { server.taken_over(socket, peer, session).await });
            drive::call(link, link, limit, |cx| call.as_mut().poll(cx), |_, (), _| Ok(())).await
        };
        done.or_else(|error| self.not_begun(error))
    }
}
