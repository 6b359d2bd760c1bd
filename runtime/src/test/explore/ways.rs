//! The ways to what an exploration met first: it goes on from there.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::moves::State;
use crate::table::sample::Random;

/// The most ways of a kind that are kept, the most sends and bytes of one, and the most pairs of
/// moves that are remembered as met.
const WAYS_MAX: usize = 256;
const LENGTH_MAX: usize = 64;
const BYTES_MAX: usize = 16 * 1024;
const MET_MAX: usize = 1 << 16;

/// The bytes that a step sent.
#[derive(Clone)]
pub(super) struct Sent {
    /// The state before.
    pub(super) state: State,
    pub(super) bytes: Arc<[u8]>,
    /// The frame, if it was one.
    pub(super) frame: Option<Arc<[u8]>>,
    /// The number of frames, and of bytes that the server sent.
    pub(super) frames: usize,
    pub(super) received: usize,
}

struct Way {
    /// The move in its end.
    to: usize,
    /// The number of times that it was taken.
    taken: u32,
    sent: Vec<Sent>,
}

#[derive(Default)]
pub(super) struct Ways {
    /// The shortest way to each move.
    to_moves: VecDeque<Way>,
    /// The ways to a move behind another one, which was new.
    to_pairs: VecDeque<Way>,
    met: HashSet<(Option<usize>, usize)>,
    /// The last move on this connection.
    before: Option<usize>,
    /// The sends on this connection: if they are more than a way has, the last ones.
    sent: VecDeque<Sent>,
    bytes: usize,
    /// All sends of this connection are among those.
    whole: bool,
}

impl Ways {
    /// Begins a connection: often on a way that is known. Returns what is sent on it.
    pub(super) fn begin(&mut self, random: &mut Random) -> VecDeque<Sent> {
        self.before = None;
        self.sent.clear();
        self.bytes = 0;
        self.whole = true;
        let ways = match random.below(4) {
            0 => &mut self.to_moves,
            1 => &mut self.to_pairs,
            _ => return VecDeque::new(),
        };
        let mut again: VecDeque<_> = match rarest(ways, random) {
            Some(way) => way.sent.iter().cloned().collect(),
            None => return VecDeque::new(),
        };
        // A way that isn't quite the same: a step of it is missing, or is made twice.
        let at = random.below(again.len());
        match random.below(4) {
            0 => drop(again.remove(at)),
            1 => {
                if let Some(twice) = again.get(at).cloned() {
                    again.insert(at, twice);
                }
            }
            _ => {}
        }
        again
    }

    /// Returns the end of a way from the state that the connection is in: a whole exchange once
    /// more.
    pub(super) fn rest(&mut self, state: State, random: &mut Random) -> VecDeque<Sent> {
        let Some(way) = rarest(&mut self.to_moves, random) else {
            return VecDeque::new();
        };
        let is_here = |&at: &usize| way.sent.get(at).is_some_and(|sent| sent.state == state);
        let here: Vec<usize> = (0..way.sent.len()).filter(is_here).collect();
        let from = random.pick(&here).copied().unwrap_or(way.sent.len());
        way.sent.iter().skip(from).cloned().collect()
    }

    /// Returns what was sent since the connection was in this state before: a circle, which can be
    /// gone round once more. It is the last one, or a longer one.
    pub(super) fn circle(&self, state: State, random: &mut Random) -> Vec<Sent> {
        let is_here = |&at: &usize| self.sent.get(at).is_some_and(|sent| sent.state == state);
        let here: Vec<usize> = (0..self.sent.len()).rev().filter(is_here).take(16).collect();
        let from = if random.one_in(3) {
            here.first()
        } else {
            random.pick(&here)
        };
        let from = from.copied().unwrap_or(self.sent.len());
        self.sent.iter().skip(from).cloned().collect()
    }

    pub(super) fn sent(&mut self, sent: Sent) {
        self.bytes += sent.bytes.len();
        self.sent.push_back(sent);
        while self.sent.len() > LENGTH_MAX || self.bytes > BYTES_MAX && !self.sent.is_empty() {
            let oldest = self.sent.pop_front();
            self.bytes -= oldest.map_or(0, |sent| sent.bytes.len());
            self.whole = false;
        }
    }

    /// Notes how much the server sent in this step.
    pub(super) fn received(&mut self, received: usize) {
        if let Some(last) = self.sent.back_mut() {
            last.received = received;
        }
    }

    /// Keeps the way if it met something new.
    pub(super) fn met(&mut self, to: usize) {
        let before = self.before.replace(to);
        let is_new = self.met.len() < MET_MAX && self.met.insert((before, to));
        if !self.whole {
            return;
        }
        let way = || Way {
            to,
            taken: 0,
            sent: self.sent.iter().cloned().collect(),
        };
        match self.to_moves.iter_mut().find(|way| way.to == to) {
            // A shorter way has less in it that doesn't matter.
            Some(known) if known.sent.len() > self.sent.len() => *known = way(),
            Some(_) => {}
            None => keep(&mut self.to_moves, way()),
        }
        if is_new {
            keep(&mut self.to_pairs, way());
        }
    }
}

/// Chooses of some ways the one that was taken least.
fn rarest<'w>(ways: &'w mut VecDeque<Way>, random: &mut Random) -> Option<&'w Way> {
    let some = [0; 4].map(|_| random.below(ways.len()));
    let at = some
        .into_iter()
        .min_by_key(|&at| ways.get(at).map_or(u32::MAX, |way| way.taken))?;
    let way = ways.get_mut(at)?;
    way.taken += 1;
    Some(way)
}

/// Keeps a way; of too many the oldest is forgotten.
fn keep(ways: &mut VecDeque<Way>, way: Way) {
    if ways.len() == WAYS_MAX {
        ways.pop_front();
    }
    ways.push_back(way);
}
