//! The moves of a protocol as an exploration sees them: in a state a frame ran an arm, the server
//! answered, and the connection was in a state.
//!
//! An arm alone doesn't tell how far a conversation is, as one that is refused runs, too. The
//! answer does: its first bytes are its codes, where a protocol has codes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::table::sample::Random;

/// The bytes of an answer that tell it from others.
const CODE: usize = 4;

/// The most moves, the most answers that are told apart of an arm, and the frames kept of a move.
const MOVES_MAX: usize = 1024;
const ANSWERS_MAX: usize = 8;
const FRAMES_MAX: usize = 8;

/// The bytes of a frame that is kept besides others, and of one that is kept at all.
const SHORT: usize = 512;
const LONG: usize = 8 * 1024;

/// The most pairs of moves that are counted.
const PAIRS_MAX: usize = 1 << 16;

pub(super) type State = Option<&'static str>;

/// The beginning of an answer; `None` stands for all answers of an arm that has very many.
pub(super) type Code = Option<[u8; CODE]>;

pub(super) fn code(answer: &[u8]) -> [u8; CODE] {
    let mut code = [0; CODE];
    for (to, from) in code.iter_mut().zip(answer) {
        *to = *from;
    }
    code
}

/// Returns a number for an answer: FNV-1a, the same on every machine.
fn hash(answer: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    answer.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The identity of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) from: State,
    pub(super) arm: usize,
    pub(super) code: Code,
    pub(super) to: State,
    pub(super) closed: bool,
}

#[derive(Debug)]
pub(super) struct Move {
    pub(super) key: Key,
    /// The most bytes that the server sent.
    received: usize,
    /// The number of times that it was the goal.
    aimed: u32,
    frames: Vec<Kept>,
}

/// A frame, and the answer by which it differs from others of the move.
#[derive(Debug)]
struct Kept {
    frame: Arc<[u8]>,
    answer: u64,
}

impl Move {
    pub(super) fn received(&self) -> usize {
        self.received
    }

    pub(super) fn frame(&self, random: &mut Random) -> Option<Arc<[u8]>> {
        random.pick(&self.frames).map(|kept| Arc::clone(&kept.frame))
    }

    /// Keeps frames that are answered otherwise, although the answers begin alike.
    fn keep(&mut self, frame: &[u8], answer: u64, random: &mut Random) {
        if frame.len() > if self.frames.is_empty() { LONG } else { SHORT } {
            return;
        }
        let mut same = (0..self.frames.len()).filter(|&at| self.frames[at].answer == answer);
        let at = match (same.next(), same.next()) {
            // The first one stays: a move then always has a frame that worked.
            (_, Some(at)) if random.one_in(8) => at,
            (_, Some(_)) => return,
            _ if self.frames.len() < FRAMES_MAX => self.frames.len(),
            _ if random.one_in(8) => 1 + random.below(FRAMES_MAX - 1),
            _ => return,
        };
        let frame = frame.into();
        match self.frames.get_mut(at) {
            Some(kept) => *kept = Kept { frame, answer },
            None => self.frames.push(Kept { frame, answer }),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Moves {
    all: Vec<Move>,
    places: HashMap<Key, usize>,
    /// The number of answers of an arm that are told apart.
    answers: HashMap<Key, usize>,
    /// The states that a move begins in.
    states: Vec<State>,
    /// The pairs of states of which a move leads from one to the other.
    steps: Vec<(State, State)>,
    /// The number of times that a goal followed another.
    pairs: HashMap<(usize, usize), u32>,
}

impl Moves {
    pub(super) fn get(&self, at: usize) -> Option<&Move> {
        self.all.get(at)
    }

    /// Notes a move with the frame that made it, and returns its place.
    pub(super) fn met(&mut self, key: Key, frame: Option<&[u8]>, answer: &[u8], random: &mut Random) -> Option<usize> {
        let any = Key { code: None, ..key };
        let answer = hash(answer);
        let key = match self.answers.get(&any) {
            Some(&answers) if answers >= ANSWERS_MAX && !self.places.contains_key(&key) => any,
            _ => key,
        };
        if let Some(&at) = self.places.get(&key) {
            if let Some(frame) = frame {
                self.all[at].keep(frame, answer, random);
            }
            return Some(at);
        }
        // A move without a frame can't be made again.
        let frame = frame?;
        if self.all.len() == MOVES_MAX {
            return None;
        }
        let mut made = Move {
            key,
            received: 0,
            aimed: 0,
            frames: Vec::new(),
        };
        made.keep(frame, answer, random);
        let at = self.all.len();
        self.all.push(made);
        self.places.insert(key, at);
        *self.answers.entry(any).or_default() += 1;
        if !self.states.contains(&key.from) {
            self.states.push(key.from);
        }
        let step = (key.from, key.to);
        if key.from != key.to && !key.closed && !self.steps.contains(&step) {
            self.steps.push(step);
        }
        Some(at)
    }

    /// Notes how much the server sent where it made a move.
    pub(super) fn received(&mut self, at: usize, received: usize) {
        if let Some(made) = self.all.get_mut(at) {
            made.received = made.received.max(received);
        }
    }

    /// Returns whether no move leads from one state to the other, or runs one of these arms there.
    pub(super) fn is_new(&self, from: State, to: State, closed: bool, ran: &[usize]) -> bool {
        let ran_here = |&arm: &usize| self.all.iter().any(|made| made.key.arm == arm && made.key.from == from);
        let leads = from == to || closed || self.steps.contains(&(from, to));
        !leads || !ran.iter().all(ran_here)
    }

    /// Chooses a move to be made behind another one: of some the one that followed it least.
    pub(super) fn goal(&mut self, last: usize, random: &mut Random) -> Option<usize> {
        // Few moves are those of a state that few arms serve, so a state is chosen first, too.
        let within = if random.one_in(3) {
            random.pick(&self.states).copied()
        } else {
            None
        };
        let among: Vec<usize> = match within {
            Some(state) => (0..self.all.len())
                .filter(|&at| self.all[at].key.from == state)
                .collect(),
            None => (0..self.all.len()).collect(),
        };
        let changes = random.one_in(4);
        let mut best = None;
        for _ in 0..8 {
            let &at = random.pick(&among)?;
            let key = self.all[at].key;
            // A connection that closes is none to go on with.
            if key.closed && !random.one_in(8) || changes && key.from == key.to && !random.one_in(8) {
                continue;
            }
            let pair = self.pairs.get(&(last, at)).copied().unwrap_or(0);
            let rank = (pair, self.all[at].aimed);
            if best.is_none_or(|(least, _)| rank < least) {
                best = Some((rank, at));
            }
        }
        let (_, at) = best?;
        self.all[at].aimed += 1;
        if self.pairs.len() < PAIRS_MAX || self.pairs.contains_key(&(last, at)) {
            *self.pairs.entry((last, at)).or_default() += 1;
        }
        Some(at)
    }

    /// Chooses a move that leads to a state by the fewest moves.
    pub(super) fn towards(&self, from: State, to: State, random: &mut Random) -> Option<usize> {
        let mut found = vec![to];
        let mut queue = VecDeque::from([to]);
        while let Some(end) = queue.pop_front() {
            if self.steps.contains(&(from, end)) {
                let leads = |at: &usize| {
                    let key = &self.all[*at].key;
                    key.from == from && key.to == end && !key.closed
                };
                let all: Vec<usize> = (0..self.all.len()).filter(leads).collect();
                return random.pick(&all).copied();
            }
            for &(begin, _) in self.steps.iter().filter(|(_, to)| *to == end) {
                if !found.contains(&begin) {
                    found.push(begin);
                    queue.push_back(begin);
                }
            }
        }
        None
    }
}
