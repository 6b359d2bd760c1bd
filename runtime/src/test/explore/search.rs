//! The choice of what is sent next.
//!
//! An exploration learns the moves of the protocol while it goes (`moves.rs`). It aims at one move
//! after the other, so that each is made behind each other one, and goes to it by the fewest moves.
//! Besides it sends what the table says, goes on from where it met something new (`ways.rs`), and
//! does many times what it just did.

use std::collections::VecDeque;

use super::moves::{Key, Moves, State, code};
use super::ways::{Sent, Ways};
use crate::table::sample::Random;
use crate::test::frames::{Frames, Step};

/// The most frames and bytes of a send.
const REPEATS_MAX: usize = 512;
const BYTES_MAX: usize = 32 * 1024;

/// The most bytes that a server may answer to what is done many times, as far as it can be
/// foreseen.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// The steps to a goal after which it is given up.
const PATIENCE: u32 = 12;

/// The most frames of an arm that are tried at once.
const TRIED_MAX: usize = 32;

/// The goal before the first one.
const NOWHERE: usize = usize::MAX;

/// The bytes of a step, with what is told of them.
pub(super) struct Sending {
    pub(super) bytes: Vec<u8>,
    /// The line of a report for it.
    pub(super) note: String,
    /// The number of frames.
    pub(super) frames: usize,
    /// The frame, if it is one.
    frame: Option<Vec<u8>>,
}

/// The outcome of a step.
pub(super) struct Met<'a> {
    /// The arms that ran, and whether there was one call.
    pub(super) ran: &'a [usize],
    pub(super) is_one: bool,
    pub(super) answer: &'a [u8],
    /// The number of bytes that the server sent.
    pub(super) received: usize,
    pub(super) state: State,
    pub(super) closed: bool,
}

pub(super) struct Search {
    moves: Moves,
    ways: Ways,
    /// The steps that are sent next, as they were sent before.
    again: VecDeque<Sent>,
    /// One of so many sends of this connection is a frame of the table.
    fresh: usize,
    goal: Option<usize>,
    patience: u32,
    /// The goal before.
    last: usize,
    /// The state before the step, and the frame, if the step is one.
    from: State,
    frame: Option<Vec<u8>>,
    /// The frames of the step, if many of an arm's form were tried at once.
    tried: Vec<Vec<u8>>,
    /// Frames that are sent one by one from that state, as one of them did something new.
    sifted: (State, Vec<Vec<u8>>),
}

impl Default for Search {
    fn default() -> Self {
        Search {
            moves: Moves::default(),
            ways: Ways::default(),
            again: VecDeque::new(),
            fresh: 1,
            goal: None,
            patience: 0,
            last: NOWHERE,
            from: None,
            frame: None,
            tried: Vec::new(),
            sifted: (None, Vec::new()),
        }
    }
}

impl Search {
    /// Begins a connection.
    pub(super) fn begin(&mut self, random: &mut Random) {
        self.again = self.ways.begin(random);
        self.fresh = random.pick(&[1, 2, 4, 8, 16]).copied().unwrap_or(1);
        self.goal = None;
        self.last = NOWHERE;
        self.frame = None;
    }

    /// Chooses what is sent in a state.
    pub(super) fn next(&mut self, state: State, frames: &mut Frames) -> Option<Sending> {
        self.tried.clear();
        let sending = self.choose(state, frames)?;
        self.from = state;
        self.frame.clone_from(&sending.frame);
        self.ways.sent(Sent {
            state,
            bytes: sending.bytes.as_slice().into(),
            frame: sending.frame.as_deref().map(Into::into),
            frames: sending.frames,
            received: 0,
        });
        Some(sending)
    }

    /// Learns from what a step did.
    pub(super) fn met(&mut self, met: &Met<'_>, random: &mut Random) {
        let frame = self.frame.take();
        let tried = std::mem::take(&mut self.tried);
        self.ways.received(met.received);
        if !tried.is_empty() && self.moves.is_new(self.from, met.state, met.closed, met.ran) {
            self.sifted = (self.from, tried);
        }
        for &arm in met.ran {
            let key = Key {
                from: self.from,
                arm,
                code: Some(code(met.answer)),
                to: met.state,
                closed: met.closed,
            };
            let frame = frame.as_deref().filter(|_| met.is_one);
            if let Some(at) = self.moves.met(key, frame, met.answer, random)
                && !met.closed
            {
                self.ways.met(at);
                self.moves.received(at, met.received);
            }
        }
    }

    fn choose(&mut self, state: State, frames: &mut Frames) -> Option<Sending> {
        if let Some(again) = self.again.pop_front() {
            return Some(sent_again(&again));
        }
        if let (from, sifted) = &mut self.sifted
            && *from == state
            && let Some(frame) = sifted.pop()
        {
            return Some(known(&frame, frames));
        }
        if frames.random().one_in(24) {
            let circle = self.ways.circle(state, frames.random());
            if let Some(sending) = self.round(&circle, frames.random()) {
                return Some(sending);
            }
        }
        if frames.random().one_in(16) {
            self.again = self.ways.rest(state, frames.random());
            if let Some(again) = self.again.pop_front() {
                return Some(sent_again(&again));
            }
        }
        if !frames.random().one_in(self.fresh)
            && let Some(sending) = self.aimed(state, frames)
        {
            return Some(sending);
        }
        let step = frames.next()?;
        if let Some(arm) = step.arm
            && frames.random().one_in(8)
        {
            return self.many(arm, None, frames);
        }
        let mut sending = fresh(step, frames);
        if frames.random().one_in(16) {
            let more = fresh(frames.next()?, frames);
            append(&mut sending, more);
        }
        Some(sending)
    }

    /// Goes round a circle several times: at once, or step by step.
    fn round(&mut self, circle: &[Sent], random: &mut Random) -> Option<Sending> {
        let all = circle.iter().map(|sent| &*sent.bytes).collect::<Vec<_>>().concat();
        if all.is_empty() {
            return None;
        }
        let count = |of: fn(&Sent) -> usize| circle.iter().map(of).sum();
        let times = times(
            random,
            count(|sent| sent.frames),
            all.len(),
            count(|sent| sent.received),
        );
        if random.one_in(4) {
            self.again = circle
                .iter()
                .cycle()
                .take(times.min(8) * circle.len())
                .cloned()
                .collect();
            return self.again.pop_front().map(|again| sent_again(&again));
        }
        Some(repeated(&all, count(|sent| sent.frames), times))
    }

    /// Goes on to the goal, or makes it.
    fn aimed(&mut self, state: State, frames: &mut Frames) -> Option<Sending> {
        let mut sending = self.towards(state, frames)?;
        // Now and then the whole way arrives at once, as far as it can be foreseen.
        if frames.random().one_in(16) {
            while let Some(goal) = sending.1 {
                let state = self.moves.get(goal)?.key.to;
                if sending.0.bytes.len() > BYTES_MAX || frames.random().one_in(8) {
                    break;
                }
                frames.is_in(state);
                let Some((more, next)) = self.towards(state, frames) else {
                    break;
                };
                append(&mut sending.0, more);
                sending.1 = next;
            }
        }
        Some(sending.0)
    }

    /// Returns the next send on the way to the goal, and the move that it should make.
    fn towards(&mut self, state: State, frames: &mut Frames) -> Option<(Sending, Option<usize>)> {
        if self.patience == 0 || self.goal.is_none() {
            self.goal = self.moves.goal(self.last, frames.random());
            self.patience = PATIENCE;
        }
        self.patience -= 1;
        let goal = self.goal?;
        let key = self.moves.get(goal)?.key;
        if key.from != state {
            let step = self.moves.towards(state, key.from, frames.random());
            let Some(step) = step else {
                self.goal = None;
                return None;
            };
            let frame = self.moves.get(step)?.frame(frames.random())?;
            return Some((known(&frame, frames), Some(step)));
        }
        self.goal = None;
        self.last = goal;
        let made = self.moves.get(goal)?;
        let received = made.received();
        let frame = made.frame(frames.random())?;
        Some(match frames.random().below(16) {
            0 => {
                let sent = frames.sent(&frame);
                (
                    repeated(&sent, 1, times(frames.random(), 1, sent.len(), received)),
                    None,
                )
            }
            1 | 2 => (fresh(frames.of_arm(key.arm)?, frames), Some(goal)),
            3 => (fresh(frames.changed(key.arm, &frame), frames), Some(goal)),
            4 | 5 => (self.many(key.arm, Some(&frame), frames)?, None),
            _ => (known(&frame, frames), Some(goal)),
        })
    }

    /// Tries many frames of an arm's form at once.
    fn many(&mut self, arm: usize, frame: Option<&[u8]>, frames: &mut Frames) -> Option<Sending> {
        let mut sending: Option<Sending> = None;
        let count = 2 + frames.random().below(TRIED_MAX - 1);
        for _ in 0..count {
            let step = match frame {
                Some(frame) if frames.random().one_in(2) => frames.changed(arm, frame),
                _ => frames.of_arm(arm)?,
            };
            self.tried.push(step.frame.clone());
            let more = fresh(step, frames);
            match &mut sending {
                Some(sending) => append(sending, more),
                None => sending = Some(more),
            }
            if sending.as_ref().is_some_and(|sending| sending.bytes.len() > BYTES_MAX) {
                break;
            }
        }
        sending
    }
}

/// Chooses how often something is done: mostly few times, now and then very often.
fn times(random: &mut Random, frames: usize, bytes: usize, received: usize) -> usize {
    let least = 2 << random.below(8);
    let times = least + random.below(least);
    times
        .min(REPEATS_MAX / frames.max(1))
        .min(BYTES_MAX / bytes.max(1))
        .min(ANSWER_MAX / received.max(1))
        .max(1)
}

fn known(frame: &[u8], frames: &Frames) -> Sending {
    Sending {
        bytes: frames.sent(frame),
        note: format!("`{}` (again)", frame.escape_ascii()),
        frames: 1,
        frame: Some(frame.to_vec()),
    }
}

fn fresh(step: Step, frames: &Frames) -> Sending {
    let Step { arm, frame, sent, .. } = step;
    Sending {
        bytes: sent,
        note: format!("`{}` ({})", frame.escape_ascii(), frames.name(arm)),
        frames: 1,
        frame: Some(frame),
    }
}

fn sent_again(sent: &Sent) -> Sending {
    Sending {
        bytes: sent.bytes.to_vec(),
        note: format!("`{}` (sent again)", sent.bytes.escape_ascii()),
        frames: sent.frames,
        frame: sent.frame.as_deref().map(Into::into),
    }
}

fn repeated(bytes: &[u8], frames: usize, times: usize) -> Sending {
    Sending {
        bytes: bytes.repeat(times),
        note: format!("`{}` ({times} times at once)", bytes.escape_ascii()),
        frames: frames * times,
        frame: None,
    }
}

/// Sends something else at the same time.
fn append(sending: &mut Sending, more: Sending) {
    sending.bytes.extend(more.bytes);
    sending.note.push_str(" and ");
    sending.note.push_str(&more.note);
    sending.frames += more.frames;
    sending.frame = None;
}
