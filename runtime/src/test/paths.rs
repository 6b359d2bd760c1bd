//! The ways to what an exploration met first: it goes on from there.
//!
//! An arm alone doesn't tell how far a conversation is, as one that is refused runs, too. What the
//! server answers does: its first bytes are its codes, where a protocol has codes.

use std::collections::{HashSet, VecDeque};

use crate::table::sample::Random;

/// The bytes of an answer that tell it from others.
pub(super) const ANSWER_KEPT: usize = 4;

/// The most ways of a kind that are kept, their longest, and the most that is remembered as met.
const PATHS_MAX: usize = 256;
const LENGTH_MAX: usize = 64;
const MET_MAX: usize = 4096;

/// The things that a step met: the arm before, an arm, the beginning of the answer, and the state
/// behind it.
type Met = (Option<usize>, usize, Vec<u8>, Option<&'static str>);

/// The bytes that were sent, and the state before.
type Sent = (Option<&'static str>, Vec<u8>);

/// A way: what was sent.
struct Path {
    /// The arm that ran in its end, what was answered, and the state behind it.
    arm: usize,
    answer: Vec<u8>,
    state: Option<&'static str>,
    sent: Vec<Sent>,
}

#[derive(Default)]
pub(super) struct Paths {
    /// The ways to an answer of an arm that was new.
    to_arms: VecDeque<Path>,
    /// The ways to an arm behind another one, which was new.
    to_pairs: VecDeque<Path>,
    met: HashSet<Met>,
    /// The last arm that ran on this connection.
    before: Option<usize>,
    /// The bytes that were sent on this connection.
    sent: Vec<Sent>,
    /// The bytes that are sent again.
    again: VecDeque<Vec<u8>>,
}

impl Paths {
    /// Begins a connection: often on a way that is known.
    pub(super) fn begin(&mut self, runs: &[u64], random: &mut Random) {
        self.before = None;
        self.sent.clear();
        self.again.clear();
        let paths = match random.below(4) {
            0 => return,
            1 => &self.to_arms,
            _ => &self.to_pairs,
        };
        if let Some(path) = rarest(paths, runs, random) {
            self.again.extend(path.sent.iter().map(|(_, sent)| sent.clone()));
        }
    }

    /// Returns what is sent next, if it is known: the way, and now and then what met something new
    /// before.
    pub(super) fn again(&mut self, state: Option<&'static str>, runs: &[u64], random: &mut Random) -> Option<Vec<u8>> {
        if self.again.is_empty() && random.one_in(8) {
            // The end of a way, from where this connection is: a whole exchange once more.
            if let Some(path) = rarest(&self.to_arms, runs, random) {
                let is_here = |&at: &usize| path.sent.get(at).is_some_and(|(before, _)| *before == state);
                let here: Vec<usize> = (0..path.sent.len()).filter(is_here).collect();
                if let Some(&from) = random.pick(&here) {
                    let rest = path.sent.iter().skip(from);
                    self.again.extend(rest.map(|(_, sent)| sent.clone()));
                }
            }
        }
        let again = self.again.pop_front().or_else(|| {
            let kept = if random.one_in(2) {
                rarest(&self.to_arms, runs, random)
            } else {
                None
            }?;
            kept.sent.last().map(|(_, sent)| sent.clone())
        })?;
        self.sent(state, &again);
        Some(again)
    }

    pub(super) fn sent(&mut self, state: Option<&'static str>, sent: &[u8]) {
        // A way that is too long isn't kept.
        if self.sent.len() <= LENGTH_MAX {
            self.sent.push((state, sent.to_vec()));
        }
    }

    /// Keeps the way if it met something new.
    pub(super) fn ran(&mut self, arms: &[usize], answer: &[u8], state: Option<&'static str>) {
        for &arm in arms {
            let before = self.before.replace(arm);
            if self.sent.len() > LENGTH_MAX {
                continue;
            }
            let path = |sent: &[Sent]| Path {
                arm,
                answer: answer.to_vec(),
                state,
                sent: sent.to_vec(),
            };
            let same = |path: &&mut Path| path.arm == arm && path.answer == answer && path.state == state;
            match self.to_arms.iter_mut().find(same) {
                // A shorter way has less in it that doesn't matter.
                Some(known) if known.sent.len() > self.sent.len() => *known = path(&self.sent),
                Some(_) => {}
                None => keep(&mut self.to_arms, path(&self.sent)),
            }
            if self.is_new((before, arm, answer.to_vec(), state)) {
                keep(&mut self.to_pairs, path(&self.sent));
            }
        }
    }

    fn is_new(&mut self, met: Met) -> bool {
        self.met.len() < MET_MAX && self.met.insert(met)
    }
}

/// Chooses of some ways the one to the arm that ran least.
fn rarest<'p>(paths: &'p VecDeque<Path>, runs: &[u64], random: &mut Random) -> Option<&'p Path> {
    let some = [0; 4].map(|_| paths.get(random.below(paths.len())));
    some.into_iter()
        .flatten()
        .min_by_key(|path| runs.get(path.arm).copied())
}

/// Keeps a way; of too many the oldest is forgotten.
fn keep(paths: &mut VecDeque<Path>, path: Path) {
    if paths.len() == PATHS_MAX {
        paths.pop_front();
    }
    paths.push_back(path);
}
