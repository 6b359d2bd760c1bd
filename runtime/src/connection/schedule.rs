//! The schedule of a connection: decides whether a frame, a message, or an event comes next.
//!
//! No other file decides it. The call loop (`call.rs`) makes the calls, and asks here whether the
//! next frame may follow at once.

use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::yield_now;

use super::state::has_states;
use super::turn::Turn;
use super::{Connection, FrameKind};
use crate::api::input::{Input, Kind};
use crate::api::tcp_server::TcpServer;
use crate::io::link::{Link, Signal};
use crate::io::{Broken, Io, Left};
use crate::reason::{CloseReason, Failure};
use crate::server::timeouts::Limit;

// The stream is in one of six states, `StreamState`: the first that holds.
//
// | state     | holds when                                         | ends when               |
// |-----------|----------------------------------------------------|-------------------------|
// | broken    | a read or a write failed, or `send_timeout` passed | never                   |
// | congested | 64 KiB or more are unsent                          | the peer has read       |
// | ran out   | the last of `active = N` frames was taken          | `passive` is called     |
// | passive   | no frame is wanted                                 | `set_active` is called  |
// | yielding  | a codec made 64 items in a row of no bytes         | messages had their turn |
// | open      | otherwise                                          |                         |
//
// What comes next is the first line that has an entry in the column of the state and whose
// condition holds: lines 1 to 4 in `poll_due`, 5 to 8 in `pop_ready`, 9 to 19 in `poll_wait`.
// "again" goes through the lines anew. Who asks to see the session is answered with line 2. Once
// its waker is registered, `poll_wait` looks at 2 and 3 again.
//
// |    | there is                  | broken | congested | ran out | passive  | yielding | open    |
// |----|---------------------------|--------|-----------|---------|----------|----------|---------|
// |  1 | a turn that is over       | flush  | flush     | flush   | flush    | flush    | flush   |
// |    |                           | yield  | yield     | yield   | yield    | yield    | yield   |
// |  2 | a signal                  | end    | end       | end     | end      | end      | end     |
// |  3 | `max_age` reached         | end    | end       | end     | end      | end      | end     |
// |  4 | (always)                  | end    |           |         |          |          |         |
// |  5 | message budget            |        |           | passive |          |          |         |
// |  6 | a message, after a frame  |        |           |         | message  | message  | message |
// |  7 | bytes, or their end       |        |           |         |          |          | frames  |
// |  8 | a message, and budget     |        |           |         | message  | message  | message |
// |  9 | more to read, most likely |        |           |         |          |          | again   |
// | 10 | unsent bytes              |        | flush     | flush   | flush    | flush    | flush   |
// | 11 | (always)                  |        | wait      | again   |          |          |         |
// | 12 | a message, and budget     |        |           |         | message  | message  | message |
// | 13 | (always)                  |        |           |         |          | again    |         |
// | 14 | something to read         |        |           |         |          |          | again   |
// | 15 | `frame_timeout` passed    |        |           |         |          |          | failure |
// | 16 | a reset                   |        |           |         | end      |          |         |
// | 17 | `recv_timeout` passed     |        |           |         | failure* |          | failure |
// | 18 | a message                 |        |           |         | message  |          | message |
// | 19 | (always)                  |        |           |         | wait     |          | wait    |
//
// Line 10 goes on where nothing is left to send or the peer takes no more; a flush that makes room
// ends the wait of line 11. (*) Where messages can come, a passive connection waits for them
// without a limit.

/// After so many messages, or one whose callback had to wait, the stream has its turn: what was
/// replied goes out, and what has come is read.
const MESSAGE_BUDGET: u8 = 64;

/// The next step of a connection.
pub(super) enum Next<M> {
    /// The frames that are here.
    Frames,
    Event(Event<M>),
}

/// The next step, if it is no frame.
pub(super) enum Event<M> {
    Message(M),
    /// The frames that were to be taken have run out.
    RanOut,
    /// The connection is to be handed over.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    Freeze,
    Failure(Failure),
    End(CloseReason),
}

/// Whether frames are taken from the stream and, if not, why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StreamState {
    Broken(Broken),
    /// The peer must read before anything else is handled.
    Congested,
    /// As `Passive`, and the server isn't told yet.
    RanOut,
    /// The server wants no frame.
    Passive,
    /// So many items came of no bytes that messages and the stream come before the next.
    Yielding,
    Open,
}

impl StreamState {
    #[inline]
    fn of<S: TcpServer>(io: &Io) -> Self {
        if let Some(broken) = io.stream.broken() {
            StreamState::Broken(broken)
        } else if io.is_congested() {
            StreamState::Congested
        } else if !io.intake.is_open() {
            if io.intake.has_run_out() {
                StreamState::RanOut
            } else {
                StreamState::Passive
            }
        } else if FrameKind::<S>::gives_way(io) {
            StreamState::Yielding
        } else {
            StreamState::Open
        }
    }
}

/// The part of a connection that its schedule keeps from one decision to the next.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) turn: Turn,
    /// The number of messages that were handled since the stream had its turn.
    messages_in_a_row: u8,
    /// A message goes before a frame, if both are there: they take turns.
    message_first: bool,
    /// The link wakes the task, which is the acceptor's for as long as the connection lives.
    registered: bool,
}

impl Schedule {
    pub(super) fn new() -> Self {
        Schedule {
            turn: Turn::new(),
            messages_in_a_row: 0,
            message_first: false,
            registered: false,
        }
    }

    /// Returns whether one thing more may be handled beside the stream before that has its turn,
    /// and counts it.
    fn within_message_budget(&mut self) -> bool {
        let within = self.messages_in_a_row < MESSAGE_BUDGET;
        self.messages_in_a_row += u8::from(within);
        within
    }

    /// A frame was found, and its call begins.
    #[inline]
    pub(super) fn begin_call<S: TcpServer>(&mut self) {
        self.turn.count();
        if S::TAKES_MESSAGES {
            self.message_first = true;
        }
    }

    /// Returns whether the next frame may follow the one that was handled before anything else is
    /// looked at: nothing of lines 1 to 6 is there, and the call didn't wait.
    #[inline]
    pub(super) fn next_frame_follows<S: TcpServer>(&mut self, io: &Io, link: &Link) -> bool {
        !S::TAKES_MESSAGES
            && !self.turn.is_over()
            && !link.is_told()
            && io.writer.halts.is_none()
            && !io.stream.is_too_old()
            && StreamState::of::<S>(io) == StreamState::Open
    }
}

impl<S: TcpServer> Connection<'_, S> {
    /// Frames are lent where they lie, so no handler can keep a part of a buffer.
    const LENT: bool = FrameKind::<S>::LENT && !S::Input::SOCKET;

    /// Begins a round of decisions: the task was woken, or a callback is done. Returns what comes
    /// next where that is plain.
    pub(super) fn begin_round(&mut self, cx: &mut Context<'_>) -> Option<Next<S::Message>> {
        self.context.handle.inner().accept_if_rung(self.permit.link.shard);
        let io = &mut *self.io;
        if std::mem::take(&mut io.reader.received) {
            self.deadline.clear();
        }
        if io.writer.halts.take_waited() {
            self.schedule.messages_in_a_row = MESSAGE_BUDGET;
        }
        // Most often bytes woke the task, and nothing else is due.
        if FrameKind::<S>::LENT
            && !S::TAKES_MESSAGES
            && io.unhandled() == 0
            && io.is_flushed()
            && !io.stream.is_too_old()
            && StreamState::of::<S>(io) == StreamState::Open
            && !self.permit.link.is_told()
            && !self.schedule.turn.is_over()
            && let Poll::Ready(Ok(true)) = io.poll_fill(Self::LENT, cx)
        {
            return Some(Next::Frames);
        }
        // What broke the stream, or its end, is seen when the lines are gone through.
        None
    }

    /// Returns what comes next. It can be dropped and asked for again: nothing is lost.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next<S::Message>> {
        loop {
            if let Some(event) = self.poll_due(cx) {
                return event.map(Next::Event);
            }
            let state = StreamState::of::<S>(&self.io);
            if let Some(next) = self.pop_ready(state) {
                return Poll::Ready(next);
            }
            if let Some(next) = ready!(self.poll_wait(state, cx)) {
                return Poll::Ready(next);
            }
        }
    }

    /// Returns what is due before all that is there to be handled.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event<S::Message>>> {
        if self.schedule.turn.is_over() {
            self.schedule.turn = Turn::new();
            // The peer gets its replies before more of what it sends is handled.
            if let Poll::Ready(Err(broken)) = self.io.poll_flush(cx) {
                return Some(Poll::Ready(Event::End(self.broke(broken))));
            }
            // Not kept, as it would be ready when it is polled next.
            if pin!(yield_now()).poll(cx).is_pending() {
                return Some(Poll::Pending);
            }
        }
        if self.permit.link.is_told()
            && let Some(event) = self.heed()
        {
            return Some(Poll::Ready(event));
        }
        let reason = if self.io.stream.is_too_old() {
            CloseReason::MaxAge
        } else {
            self.broke(self.io.stream.broken()?)
        };
        Some(Poll::Ready(Event::End(reason)))
    }

    /// Shows the session to those who ask, and returns what the signal asks for, if there is one.
    #[cold]
    fn heed(&mut self) -> Option<Event<S::Message>> {
        #[cfg(feature = "inspect")]
        self.show_session();
        match self.permit.link.signal() {
            Signal::Kick => Some(Event::End(CloseReason::Kicked)),
            Signal::Stop | Signal::Cut => Some(Event::End(CloseReason::Stopped)),
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            Signal::Freeze if !self.io.stream.is_too_old() && self.io.stream.broken().is_none() => Some(Event::Freeze),
            Signal::None | Signal::Freeze => None,
        }
    }

    /// Returns what is here already. Frames and messages take turns, so that neither holds up the
    /// other. That frames have run out comes before all that follows the last of them.
    fn pop_ready(&mut self, state: StreamState) -> Option<Next<S::Message>> {
        match state {
            StreamState::Broken(_) | StreamState::Congested => return None,
            StreamState::RanOut | StreamState::Passive => self.take_no_frame(),
            StreamState::Yielding | StreamState::Open => {}
        }
        if state == StreamState::RanOut {
            let may = self.schedule.within_message_budget();
            return may.then_some(Next::Event(Event::RanOut));
        }
        if !S::TAKES_MESSAGES {
            return self.pop_frames(state);
        }
        let message_first = std::mem::replace(&mut self.schedule.message_first, false);
        if message_first && let Some(message) = self.pop_message() {
            return Some(message);
        }
        if let Some(frames) = self.pop_frames(state) {
            return Some(frames);
        }
        if !self.schedule.within_message_budget() {
            return None;
        }
        self.pop_message()
    }

    /// No frame is taken for now: what comes next has all its time.
    fn take_no_frame(&mut self) {
        self.io.reader.taken = true;
        if S::TAKES_MESSAGES {
            self.deadline.clear();
        }
    }

    /// Returns whether frames are taken, or that the input has ended where all were.
    fn pop_frames(&mut self, state: StreamState) -> Option<Next<S::Message>> {
        if state != StreamState::Open {
            return None;
        }
        if !self.io.reader.searched {
            return Some(Next::Frames);
        }
        let ended = self.io.is_eof().then(|| Event::End(self.end_of_input()));
        ended.map(Next::Event)
    }

    #[inline]
    fn pop_message(&self) -> Option<Next<S::Message>> {
        if !S::TAKES_MESSAGES {
            return None;
        }
        self.mailbox
            .as_ref()?
            .pop()
            .map(|message| Next::Event(Event::Message(message)))
    }

    /// Waits until there may be something; `None` then, unless it is known what.
    ///
    /// Wake-ups aren't lost: the waker is registered with the link before signal and mailbox are
    /// looked at, and with the stream by polling it.
    fn poll_wait(&mut self, state: StreamState, cx: &mut Context<'_>) -> Poll<Option<Next<S::Message>>> {
        let again = self.register(cx);
        // While replies hold it up nothing is read, so this is no turn of the stream.
        let stream_first =
            state != StreamState::Congested && std::mem::take(&mut self.schedule.messages_in_a_row) == MESSAGE_BUDGET;
        let io = &mut *self.io;
        if self.permit.link.is_told() || io.stream.poll_max_age(cx, again).is_ready() {
            return Poll::Ready(None);
        }
        // Replies to frames of several reads leave in one write.
        if state == StreamState::Open && io.reader.has_more() && io.poll_fill(Self::LENT, cx).is_ready() {
            self.schedule.turn.count_read();
            return Poll::Ready(None);
        }
        if let Poll::Ready(Err(broken)) = io.poll_flush(cx) {
            return Poll::Ready(Some(self.end_broken(broken)));
        }
        match state {
            StreamState::Congested => {
                // The buffer wasn't searched meanwhile.
                if StreamState::of::<S>(io) != StreamState::Congested {
                    return Poll::Ready(None);
                }
                io.reader.rest();
                return Poll::Pending;
            }
            StreamState::Broken(_) | StreamState::RanOut => return Poll::Ready(None),
            StreamState::Passive | StreamState::Yielding | StreamState::Open => {}
        }
        if !stream_first && let Some(message) = self.pop_message() {
            return Poll::Ready(Some(message));
        }
        let io = &mut *self.io;
        match state {
            StreamState::Yielding => {
                FrameKind::<S>::took_turns(io);
                return Poll::Ready(None);
            }
            StreamState::Open => {
                // The next look finds the stream broken.
                if io.poll_fill(Self::LENT, cx).is_ready() {
                    return Poll::Ready(None);
                }
                if let Poll::Ready(limit) = io.poll_frame_timeout(cx) {
                    return Poll::Ready(Some(self.timed_out(Limit::Frame, "frame_timeout", limit)));
                }
            }
            // The end is noticed when frames are taken again, but nothing is to be waited for after
            // a reset.
            _ => {
                if let Poll::Ready(Left::Broken(broken)) = io.stream.poll_left(cx) {
                    return Poll::Ready(Some(self.end_broken(broken)));
                }
            }
        }
        // While a connection takes no frames it waits for messages, which have no time limit. Where
        // none can come, the limit holds all the same, as nothing else would ever end it.
        if state == StreamState::Open || !S::TAKES_MESSAGES {
            let limit = if has_states::<S>() {
                io.stream.recv_timeout(S::STATES)
            } else {
                io.settings().recv_timeout
            };
            if self.deadline.poll_again(limit, cx, again).is_ready() {
                return Poll::Ready(Some(self.timed_out(Limit::Recv, "recv_timeout", limit)));
            }
        }
        if let Some(message) = self.pop_message() {
            return Poll::Ready(Some(message));
        }
        self.io.reader.rest();
        self.schedule.turn = Turn::new();
        Poll::Pending
    }

    /// Registers the task with the link, unless it is registered already. Returns whether it is.
    fn register(&mut self, cx: &Context<'_>) -> bool {
        let again = std::mem::replace(&mut self.schedule.registered, true);
        if !again {
            self.permit.link.register(cx);
        }
        again
    }

    fn end_broken(&self, broken: Broken) -> Next<S::Message> {
        Next::Event(Event::End(self.broke(broken)))
    }

    fn timed_out(&self, kind: Limit, option: &str, limit: Duration) -> Next<S::Message> {
        self.context.count_timeout(kind);
        let problem = format_args!("no whole frame came within {option} {limit:?}");
        self.context.log_peer(&self.permit.link, problem);
        Next::Event(Event::Failure(Failure::Timeout))
    }
}
