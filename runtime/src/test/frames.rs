//! Frames of a table by a seed, and walks through its states.

use crate::table::protocol::{Arm, Closes, Protocol};
use crate::table::sample::{Random, Sampler, wire};
use crate::table::state::ListedState;

/// The most words that are learned.
const WORDS_MAX: usize = 128;

/// Frames that a table's arms match or nearly match, by a seed: the same for the same seed, on
/// every machine.
///
/// As an iterator it walks through the protocol without end: each step is a frame that the state
/// which the walk is in may meet. Most are valid, some are nearly valid, few are anything.
///
/// It guesses what a table doesn't tell: guards, constants, types that aren't the standard
/// library's, patterns of Rust's own. The frames of a codec aren't known at all.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::test::Frames;
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Till;
///
/// #[tcp_server(port = 10001, packet = line(crlf))]
/// impl Till {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             "deposit {sum: u32}" => reply(format_args!("{sum}")),
///             b"quit" => close,
///             _ => reply("what?"),
///         }
///     }
/// }
///
/// let mut frames = Frames::new(Till::PROTOCOL, 7);
/// let deposit = frames.valid(&Till::PROTOCOL[0]);
/// assert!(deposit.starts_with(b"deposit "));
/// let steps: Vec<_> = frames.take(1000).collect();
/// assert!(steps.iter().any(|step| step.frame == b"quit"));
/// assert_eq!(steps[0].sent.strip_suffix(b"\r\n"), Some(&steps[0].frame[..]));
/// ```
#[derive(Clone, Debug)]
pub struct Frames {
    protocol: Protocol,
    random: Random,
    state: Option<&'static str>,
    /// The states with their options, if those are known.
    states: &'static [ListedState],
    /// The number of times that each arm ran, if that is known: arms that ran least come first.
    runs: Vec<u64>,
    /// Words that the server said.
    words: Vec<Vec<u8>>,
}

/// A step of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The place of the arm whose form the frame was made of; `None`: it is any frame.
    pub arm: Option<usize>,
    /// True if the frame was made to match.
    pub valid: bool,
    /// The frame, as `handle_call` takes it.
    pub frame: Vec<u8>,
    /// The frame as it is sent, with its header or line end.
    pub sent: Vec<u8>,
}

impl Frames {
    /// Makes frames of a protocol by a seed.
    pub fn new(protocol: &Protocol, seed: u64) -> Self {
        Frames {
            protocol: *protocol,
            random: Random::new(seed),
            state: protocol.states.first().copied(),
            states: &[],
            runs: Vec::new(),
            words: Vec::new(),
        }
    }

    /// Tells the packet modes that states have of their own.
    pub(super) fn with_states(self, states: &'static [ListedState]) -> Self {
        Frames { states, ..self }
    }

    /// Makes a frame of an arm's form. An earlier arm may take it.
    pub fn valid(&mut self, arm: &Arm) -> Vec<u8> {
        Sampler::new(&self.present(), &mut self.random)
            .with_words(&self.words)
            .valid(&arm.frame)
    }

    /// Makes a frame that nearly has an arm's form: a value is out of its range, a part is missing
    /// or doubled, a length doesn't agree, bytes are changed. It may be valid all the same.
    pub fn nearly_valid(&mut self, arm: &Arm) -> Vec<u8> {
        Sampler::new(&self.present(), &mut self.random)
            .with_words(&self.words)
            .nearly_valid(&arm.frame)
    }

    /// Returns a frame as it is sent under the packet mode of the protocol.
    pub fn sent(&self, frame: &[u8]) -> Vec<u8> {
        wire(&self.present(), frame)
    }

    /// Returns the protocol as it is in the present state.
    fn present(&self) -> Protocol {
        let is_present = |state: &&ListedState| Some(state.name) == self.state;
        let packet = self.states.iter().find(is_present).and_then(|state| state.packet);
        Protocol {
            packet: packet.unwrap_or(self.protocol.packet),
            // A codec holds in the states without a mode of their own.
            codec: self.protocol.codec.filter(|_| packet.is_none()),
            ..self.protocol
        }
    }

    /// Returns to the initial state, as a new connection does.
    pub fn restart(&mut self) {
        self.state = self.protocol.states.first().copied();
    }

    /// Notes how often each arm ran.
    pub(super) fn ran(&mut self, runs: &[u64]) {
        self.runs.clear();
        self.runs.extend_from_slice(runs);
    }

    /// Says which state the server is in, where a walk alone guesses it.
    pub(super) fn is_in(&mut self, state: Option<&'static str>) {
        self.state = state;
    }

    /// Makes a step of an arm's form.
    pub(super) fn of_arm(&mut self, arm: usize) -> Option<Step> {
        let frame = self.valid(self.protocol.arms.get(arm)?);
        Some(self.made(Some(arm), true, frame))
    }

    /// Makes a step of a frame that an arm took, changed a little.
    pub(super) fn changed(&mut self, arm: usize, frame: &[u8]) -> Step {
        let frame = Sampler::new(&self.present(), &mut self.random)
            .with_words(&self.words)
            .changed(frame);
        self.made(Some(arm), false, frame)
    }

    fn made(&self, arm: Option<usize>, valid: bool, frame: Vec<u8>) -> Step {
        let sent = self.sent(&frame);
        Step {
            arm,
            valid,
            frame,
            sent,
        }
    }

    /// Returns the name of the arm that a frame was made of.
    pub(super) fn name(&self, arm: Option<usize>) -> &'static str {
        arm.and_then(|arm| self.protocol.arms.get(arm))
            .map_or("any", |arm| arm.name)
    }

    /// Learns words from what the server says: names of parameters, keys, numbers.
    pub(super) fn learn(&mut self, said: &[u8]) {
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        for word in said.split(|byte| !is_of_word(byte)) {
            if self.words.len() < WORDS_MAX && (2..=32).contains(&word.len()) && !self.words.iter().any(|it| it == word)
            {
                self.words.push(word.to_vec());
            }
        }
    }

    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    fn step(&mut self) -> Step {
        let (arm, valid, frame) = match self.random.below(16) {
            0 => (None, false, self.any()),
            kind => match self.choose() {
                None => (None, false, self.any()),
                Some((at, arm)) if kind < 4 => (Some(at), false, self.nearly_valid(arm)),
                Some((at, arm)) => (Some(at), true, self.valid(arm)),
            },
        };
        let sent = self.sent(&frame);
        if let Some(arm) = arm.filter(|_| valid).and_then(|arm| self.protocol.arms.get(arm))
            && self.tries(arm)
        {
            self.state = self.random.pick(arm.next.states).copied().or(self.state);
        }
        Step {
            arm,
            valid,
            frame,
            sent,
        }
    }

    fn any(&mut self) -> Vec<u8> {
        Sampler::new(&self.present(), &mut self.random)
            .with_words(&self.words)
            .any()
    }

    /// Returns whether the present state tries an arm, as far as it is told.
    fn tries(&self, arm: &Arm) -> bool {
        arm.states.is_empty() || self.state.is_none_or(|state| arm.states.contains(&state))
    }

    /// Chooses an arm that the state tries; now and then any.
    fn choose(&mut self) -> Option<(usize, &'static Arm)> {
        let arms = self.protocol.arms;
        let any = self.random.one_in(8);
        let is_tried = |(_, arm): &(usize, &Arm)| any || self.tries(arm);
        let tried: Vec<(usize, &Arm)> = arms.iter().enumerate().filter(is_tried).collect();
        // Arms of this state, and those that may lead on, are tried more than those that always
        // match.
        let narrowed: Vec<(usize, &Arm)> = match self.random.below(4) {
            0 => tried
                .iter()
                .filter(|(_, arm)| !arm.states.is_empty())
                .copied()
                .collect(),
            1 => tried
                .iter()
                .filter(|(_, arm)| arm.next.open || !arm.next.states.is_empty())
                .copied()
                .collect(),
            _ => Vec::new(),
        };
        let tried = if narrowed.is_empty() { tried } else { narrowed };
        let mut chosen = self.random.pick(&tried).copied();
        if !self.runs.is_empty() && self.random.one_in(2) {
            let runs = |&(at, _): &(usize, &Arm)| self.runs.get(at).copied();
            let more = [0; 2].map(|_| self.random.pick(&tried).copied());
            chosen = chosen.into_iter().chain(more.into_iter().flatten()).min_by_key(runs);
        }
        // Arms that close are rare, so that a walk gets further.
        match chosen {
            Some((_, arm)) if arm.closes == Closes::Always && !self.random.one_in(8) => {
                self.random.pick(&tried).copied()
            }
            chosen => chosen,
        }
    }
}

impl Iterator for Frames {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        Some(self.step())
    }
}
