//! What comes next on a connection: a frame, a message, or the end.

use std::future::poll_fn;
use std::task::{Context, Poll};

use super::{Connection, Event, FrameKind};
use crate::behaviour::TcpServer;
use crate::drive;
use crate::input::Kind;
use crate::link::Signal;
use crate::reason::{CloseReason, Failure};

/// After so many messages, or one that had to wait, the stream has its turn: what was replied goes out, and what has come is
/// read.
const MESSAGES_IN_A_ROW: usize = 64;

impl<S: TcpServer> Connection<'_, S> {
    pub(super) async fn next(&mut self) -> Event<S> {
        if std::mem::take(&mut self.io.received) || !self.waits_for_frame() {
            self.deadline.clear();
        }
        if std::mem::take(&mut self.io.waited) {
            self.messages_in_a_row = MESSAGES_IN_A_ROW;
        }
        loop {
            match self.link.signal() {
                Signal::None => {}
                Signal::Kick => return Event::End(CloseReason::Kicked),
                Signal::Stop | Signal::Cut => return Event::End(CloseReason::Stopped),
            }
            if let Some(broken) = self.io.broken() {
                return Event::End(self.broke(broken));
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

    /// What is here already: a frame, a message, or the end. They take turns, so that neither holds up the other. That frames
    /// have run out comes before all that follows the last of them.
    fn ready(&mut self) -> Option<Event<S>> {
        if self.io.intake.has_run_out() {
            return self.beside_the_stream().then_some(Event::RanOut);
        }
        let message_first = std::mem::replace(&mut self.message_first, false);
        if message_first && let Some(message) = self.pop() {
            return Some(Event::Message(message));
        }
        if let Some(event) = self.ready_frame() {
            self.message_first = true;
            return Some(event);
        }
        if !self.beside_the_stream() {
            return None;
        }
        self.pop().map(Event::Message)
    }

    /// Whether something else may be handled before the stream has its turn.
    fn beside_the_stream(&mut self) -> bool {
        let may = self.messages_in_a_row < MESSAGES_IN_A_ROW;
        self.messages_in_a_row += usize::from(may);
        may
    }

    fn ready_frame(&mut self) -> Option<Event<S>> {
        if !self.io.intake.is_open() {
            return None;
        }
        if FrameKind::<S>::gives_way(&self.io) {
            return None;
        }
        match drive::caught(|| FrameKind::<S>::find(&mut self.io)) {
            Ok(Ok(Some(found))) => Some(Event::Frame(found)),
            Ok(Ok(None)) if self.io.is_eof() => Some(Event::End(self.end_of_input())),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some(Event::Failure(self.frame_failure(&error))),
            Err(panicked) => {
                self.context.log_call("decode", Some(self.link), panicked);
                Some(Event::End(CloseReason::Panic))
            }
        }
    }

    fn pop(&self) -> Option<S::Message> {
        self.mailbox.as_ref()?.pop()
    }

    /// Waits until there may be something. None: look again.
    ///
    /// Wake-ups aren't lost: the waker is registered with the link before signal and mailbox are looked at, and with the
    /// stream by polling it.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event<S>>> {
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
        if self.io.intake.has_run_out() {
            return Poll::Ready(None);
        }
        if !stream_first && let Some(message) = self.pop() {
            return Poll::Ready(Some(Event::Message(message)));
        }
        if self.io.intake.is_open() {
            if FrameKind::<S>::gives_way(&self.io) {
                FrameKind::<S>::took_turns(&mut self.io);
                return Poll::Ready(None);
            }
            if let Poll::Ready(filled) = self.io.poll_fill(cx) {
                return Poll::Ready(filled.err().map(|broken| Event::End(self.broke(broken))));
            }
        }
        if self.waits_for_frame() && self.deadline.poll(self.io.recv_timeout, cx).is_ready() {
            return Poll::Ready(Some(Event::Failure(self.context.log_peer(self.link, Failure::Timeout))));
        }
        if let Some(message) = self.pop() {
            return Poll::Ready(Some(Event::Message(message)));
        }
        self.io.rest();
        Poll::Pending
    }

    /// While a connection takes no frames it waits for messages, which have no time limit. Where none can come, the limit
    /// holds all the same, as nothing else would ever end it.
    fn waits_for_frame(&self) -> bool {
        self.io.intake.is_open() || !S::TAKES_MESSAGES
    }
}
