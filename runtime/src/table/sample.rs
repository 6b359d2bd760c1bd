//! Frames made from a table by a seed: such as an arm matches, and such as it nearly matches.
//!
//! The same seed makes the same frames on every machine, so that what a frame shows can be
//! repeated.

mod layout;
mod literal;
mod mode;
#[cfg(feature = "test")]
mod mutate;
mod random;
mod template;
#[cfg(all(test, feature = "test"))]
mod tests;

#[cfg(feature = "describe")]
pub(crate) use self::layout::order;
#[cfg(feature = "test")]
pub(crate) use self::mode::wire;
pub(crate) use self::random::Random;
use self::template::Words;
#[cfg(feature = "describe")]
pub(crate) use self::template::integer;
use super::protocol::{Frame, Protocol};

/// The most bytes that a made frame has, unless its literal text has more.
const FRAME_MAX: usize = 4096;

/// The most attempts to make a frame that the packet mode can carry and whose lengths agree.
const ATTEMPTS: usize = 64;

/// Makes frames.
pub(crate) struct Sampler<'r> {
    protocol: &'r Protocol,
    random: &'r mut Random,
    words: Words<'r>,
    /// True if a part of the frame should be wrong.
    wrong: bool,
}

impl<'r> Sampler<'r> {
    pub(crate) fn new(protocol: &'r Protocol, random: &'r mut Random) -> Self {
        Sampler {
            protocol,
            random,
            words: Words::default(),
            wrong: false,
        }
    }

    /// Knows further words.
    #[cfg(feature = "test")]
    pub(crate) fn with_words(self, words: &'r [Vec<u8>]) -> Self {
        Sampler {
            words: Words(words),
            ..self
        }
    }

    /// Makes a frame of this form, as `handle_call` takes it.
    ///
    /// The sampler guesses what a form doesn't tell: the values of constants and of types that
    /// aren't the standard library's, and patterns of Rust's own.
    pub(crate) fn valid(&mut self, frame: &Frame) -> Vec<u8> {
        let mut made = Vec::new();
        for _ in 0..ATTEMPTS {
            made = self.frame(frame);
            if mode::carries(self.protocol, &made) {
                break;
            }
        }
        made
    }

    /// Makes a frame that nearly has this form: a value is out of its range, a part is missing or
    /// doubled, a length is wrong by one, bytes are changed.
    #[cfg(feature = "test")]
    pub(crate) fn nearly_valid(&mut self, frame: &Frame) -> Vec<u8> {
        self.wrong = self.random.one_in(2);
        let mut made = self.valid(frame);
        if !self.wrong || self.random.one_in(4) {
            mutate::mutate(&mut made, self.random);
        }
        self.wrong = false;
        made
    }

    /// Changes a frame a little.
    #[cfg(feature = "test")]
    pub(crate) fn changed(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut made = frame.to_vec();
        if self.random.one_in(2) {
            mutate::mutate(&mut made, self.random);
        } else {
            mutate::reword(&mut made, self.words, self.random);
        }
        made
    }

    /// Makes any frame that the packet mode has.
    pub(crate) fn any(&mut self) -> Vec<u8> {
        mode::any(self.protocol, self.random)
    }

    fn frame(&mut self, frame: &Frame) -> Vec<u8> {
        match *frame {
            Frame::Literal(bytes) => bytes.to_vec(),
            Frame::Template(pieces) => {
                let mut made = template::make(pieces, self.protocol.ignore_case, self.words, self.random, self.wrong);
                mode::end_line(self.protocol, pieces.last(), &mut made);
                made
            }
            Frame::Bits(fields) => layout::make(fields, self.random, self.wrong),
            Frame::Prefix(fields) => {
                let mut made = layout::make(fields, self.random, self.wrong);
                made.extend(self.random.bytes(32));
                made
            }
            Frame::AnyOf(frames) => match self.random.pick(frames) {
                Some(frame) => self.frame(frame),
                None => Vec::new(),
            },
            Frame::Rust(pattern) if self.random.one_in(2) => {
                let times = if self.random.one_in(4) { 2 } else { 1 };
                let mut made = literal::of(pattern).repeat(times);
                if self.random.one_in(2) {
                    made.extend(self.any());
                }
                made
            }
            Frame::Rest | Frame::Rust(_) => self.any(),
        }
    }
}
