//! What comes next on a connection: a frame, a message, or the end.

use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::yield_now;

use super::{Connection, Event, FrameKind, RunningCallback, Turn};
use crate::api::input::{Input, Kind};
use crate::api::tcp_server::TcpServer;
use crate::io::Left;
use crate::io::link::Signal;
use crate::reason::{CloseReason, Failure};

/// After so many messages, or one that had to wait, the stream has its turn: what was replied goes out, and what has come is
/// read.
const MESSAGES_IN_A_ROW: u8 = 64;

impl<S: TcpServer> Connection<'_, S> {
    /// Whether frames are lent where they lie, so that nobody can keep a part of a buffer.
    const LENT: bool = FrameKind::<S>::LENT && !S::Input::SOCKET;

    /// What comes next. It may be dropped and asked for again: nothing is lost.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Event<S>> {
        self.context.handle.inner().accept_if_rung(self.permit.link.shard);
        let io = &mut *self.io;
        if std::mem::take(&mut io.reader.received) {
            self.deadline.clear();
        }
        if std::mem::take(&mut io.stream.waited) {
            self.messages_in_a_row = MESSAGES_IN_A_ROW;
        }
        // Most often it was woken as something came, and nothing else is due.
        if FrameKind::<S>::LENT
            && !S::TAKES_MESSAGES
            && io.unhandled() == 0
            && io.intake.is_open()
            && io.writer.is_idle()
            && io.stream.broken().is_none()
            && !io.stream.is_too_old()
            && self.permit.link.signal() == Signal::None
            && let Poll::Ready(Err(broken)) = io.poll_fill(Self::LENT, cx)
        {
            return Poll::Ready(Event::End(self.broke(broken)));
        }
        loop {
            if let Some(event) = self.poll_due(cx) {
                return event;
            }
            if let Some(event) = ready!(self.poll_wait(cx)) {
                return Poll::Ready(event);
            }
        }
    }

    /// What is due, or is here already. None: what comes next has to be waited for.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event<S>>> {
        loop {
            if self.turn.is_over() {
                self.turn = Turn::new();
                // Nobody waits for what others still send to be answered.
                if let Poll::Ready(Err(broken)) = self.io.poll_flush(cx) {
                    return Some(Poll::Ready(Event::End(self.broke(broken))));
                }
                // Not kept, as it would be ready when it is polled next.
                return Some(pin!(yield_now()).poll(cx).map(|()| Event::Handled));
            }
            match self.permit.link.signal() {
                Signal::None => {}
                Signal::Kick => return Some(Poll::Ready(Event::End(CloseReason::Kicked))),
                Signal::Stop | Signal::Cut => return Some(Poll::Ready(Event::End(CloseReason::Stopped))),
            }
            let io = &mut *self.io;
            let is_open = io.intake.is_open();
            if !is_open {
                io.reader.taken = true;
                if S::TAKES_MESSAGES {
                    self.deadline.clear();
                }
            }
            if io.stream.is_too_old() {
                return Some(Poll::Ready(Event::End(CloseReason::MaxAge)));
            }
            if let Some(broken) = io.stream.broken() {
                return Some(Poll::Ready(Event::End(self.broke(broken))));
            }
            if io.writer.is_congested() {
                return None;
            }
            match self.ready(is_open, cx)? {
                Event::Handled => {}
                event => return Some(Poll::Ready(event)),
            }
        }
    }

    /// What is here already: a frame, a message, or the end. They take turns, so that neither holds up the other. That frames
    /// have run out comes before all that follows the last of them.
    fn ready(&mut self, is_open: bool, cx: &mut Context<'_>) -> Option<Event<S>> {
        if !is_open && self.io.intake.has_run_out() {
            return self.within_message_budget().then_some(Event::RanOut);
        }
        if !S::TAKES_MESSAGES {
            return self.pop_frame(is_open, cx);
        }
        let message_first = std::mem::replace(&mut self.message_first, false);
        if message_first && let Some(message) = self.pop() {
            return Some(Event::Message(message));
        }
        if let Some(event) = self.pop_frame(is_open, cx) {
            self.message_first = true;
            return Some(event);
        }
        if !self.within_message_budget() {
            return None;
        }
        self.pop().map(Event::Message)
    }

    /// Whether something else may be handled before the stream has its turn.
    fn within_message_budget(&mut self) -> bool {
        let may = self.messages_in_a_row < MESSAGES_IN_A_ROW;
        self.messages_in_a_row += u8::from(may);
        may
    }

    fn pop_frame(&mut self, is_open: bool, cx: &mut Context<'_>) -> Option<Event<S>> {
        let io = &mut *self.io;
        if !is_open || FrameKind::<S>::gives_way(io) {
            return None;
        }
        if S::IS_SYNC {
            // Nothing has come: lent is what is here.
            if FrameKind::<S>::LENT && io.unhandled() == 0 && !io.is_eof() {
                return None;
            }
            return self.call_at_once(cx);
        }
        self.running = RunningCallback::Decode;
        match FrameKind::<S>::find(io) {
            Ok(Some(found)) => Some(Event::Frame(found)),
            Ok(None) if io.is_eof() => Some(Event::End(self.end_of_input())),
            Ok(None) => None,
            Err(error) => Some(Event::Failure(self.context.frame_failure(&self.permit.link, &error))),
        }
    }

    #[inline]
    fn pop(&self) -> Option<S::Message> {
        if !S::TAKES_MESSAGES {
            return None;
        }
        self.mailbox.as_ref()?.pop()
    }

    /// Waits until there may be something. None: look again.
    ///
    /// Wake-ups aren't lost: the waker is registered with the link before signal and mailbox are looked at, and with the
    /// stream by polling it.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event<S>>> {
        let again = self.register(cx);
        let stream_first = std::mem::take(&mut self.messages_in_a_row) == MESSAGES_IN_A_ROW;
        let io = &mut *self.io;
        if self.permit.link.signal() != Signal::None || io.stream.poll_max_age(cx, again).is_ready() {
            return Poll::Ready(None);
        }
        let was_congested = io.writer.is_congested();
        let is_open = io.intake.is_open();
        let gives_way = FrameKind::<S>::gives_way(io);
        // What is answered together leaves together, also where it came in more than one read.
        if io.reader.has_more()
            && !was_congested
            && is_open
            && !gives_way
            && let Poll::Ready(filled) = io.poll_fill(Self::LENT, cx)
        {
            self.turn.count_read();
            return Poll::Ready(filled.err().map(|broken| Event::End(self.broke(broken))));
        }
        if let Poll::Ready(Err(broken)) = io.poll_flush(cx) {
            return Poll::Ready(Some(Event::End(self.broke(broken))));
        }
        if was_congested {
            // What is buffered wasn't looked at meanwhile.
            if !io.writer.is_congested() {
                return Poll::Ready(None);
            }
            io.reader.rest();
            return Poll::Pending;
        }
        if !is_open && io.intake.has_run_out() {
            return Poll::Ready(None);
        }
        if S::TAKES_MESSAGES
            && !stream_first
            && let Some(message) = self.pop()
        {
            return Poll::Ready(Some(Event::Message(message)));
        }
        let io = &mut *self.io;
        if is_open {
            if gives_way {
                FrameKind::<S>::took_turns(io);
                return Poll::Ready(None);
            }
            if let Poll::Ready(filled) = io.poll_fill(Self::LENT, cx) {
                return Poll::Ready(filled.err().map(|broken| Event::End(self.broke(broken))));
            }
            if let Poll::Ready(limit) = io.poll_frame_timeout(cx) {
                return Poll::Ready(Some(self.timed_out("frame_timeout", limit)));
            }
        }
        // The end is noticed when frames are taken again, but nothing is to be waited for after a reset.
        if !is_open && let Poll::Ready(Left::Broken(broken)) = io.stream.poll_left(cx) {
            return Poll::Ready(Some(Event::End(self.broke(broken))));
        }
        // While a connection takes no frames it waits for messages, which have no time limit. Where none can come, the limit holds all
        // the same, as nothing else would ever end it.
        if is_open || !S::TAKES_MESSAGES {
            let limit = io.settings().recv_timeout;
            if self.deadline.poll_again(limit, cx, again).is_ready() {
                return Poll::Ready(Some(self.timed_out("recv_timeout", limit)));
            }
        }
        if S::TAKES_MESSAGES
            && let Some(message) = self.pop()
        {
            return Poll::Ready(Some(Event::Message(message)));
        }
        self.io.reader.rest();
        self.turn = Turn::new();
        Poll::Pending
    }

    /// Registers the task with the link, unless it is registered already.
    fn register(&mut self, cx: &Context<'_>) -> bool {
        let again = std::mem::replace(&mut self.registered, true);
        if !again {
            self.permit.link.register(cx);
        }
        again
    }

    fn timed_out(&self, option: &str, limit: Duration) -> Event<S> {
        let problem = format_args!("no whole frame came within {option} {limit:?}");
        self.context.log_peer(&self.permit.link, problem);
        Event::Failure(Failure::Timeout)
    }
}
