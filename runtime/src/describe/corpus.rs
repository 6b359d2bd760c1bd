//! The input that fuzzers begin with: a dictionary of the table's words, and frames that its arms
//! match.

use std::fmt::Write as _;

use super::Description;
use super::bits::{self, Part};
use super::names::{Names, quoted};
use crate::packet::Packet;
use crate::table::protocol::{CaptureKind, Frame, Piece, Protocol};
use crate::table::sample::{Random, Sampler, integer};

/// A frame for a fuzzer to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seed {
    /// The name of its arm and a number, usable as the name of a file.
    pub name: String,
    /// The frame, as `handle_call` takes it.
    pub frame: Vec<u8>,
}

/// The frames of each form.
const FRAMES: usize = 4;

/// The longest word of a dictionary: AFL takes no longer one.
const WORD_MAX: usize = 128;

/// Makes frames of each arm, and of each alternative.
pub(super) fn seeds(protocol: &'static Protocol) -> Vec<Seed> {
    let mut random = Random::new(0);
    let mut sampler = Sampler::new(protocol, &mut random);
    let mut names = Names::default();
    let mut seeds: Vec<Seed> = Vec::new();
    for arm in protocol {
        let frames = match arm.frame {
            Frame::AnyOf(frames) => frames,
            ref frame => std::slice::from_ref(frame),
        };
        let mut name = names.give(arm.name, '_');
        name.truncate(64);
        let mut number = 0;
        for frame in frames {
            for _ in 0..FRAMES {
                let frame = sampler.valid(frame);
                if seeds.iter().all(|seed| seed.frame != frame) {
                    number += 1;
                    let name = format!("{name}-{number}");
                    seeds.push(Seed { name, frame });
                }
            }
        }
    }
    seeds
}

/// Lists the words of a table, as libFuzzer and AFL read them.
pub(super) fn dictionary(description: &Description<'_>) -> String {
    let protocol = description.protocol;
    let mut words = Words(Vec::new());
    for arm in protocol {
        words.frame(arm.name, &arm.frame);
    }
    if protocol.codec.is_none() {
        for (packet, _) in description.modes() {
            match packet {
                Packet::Line => words.add("end", &[protocol.delimiter]),
                Packet::LineCrlf | Packet::LineCrlfOrLf | Packet::Http | Packet::Httph => words.add("end", b"\r\n"),
                Packet::LineLf => words.add("end", b"\n"),
                _ => {}
            }
        }
    }
    let mut names = Names::default();
    let mut out = String::new();
    for (name, word) in &words.0 {
        let _ = writeln!(out, "{}={}", names.give(name, '_'), quoted(word));
    }
    out
}

struct Words(Vec<(String, Vec<u8>)>);

impl Words {
    fn add(&mut self, name: &str, word: &[u8]) {
        for word in word.chunks(WORD_MAX) {
            // (An empty text has no chunk.)
            if self.0.iter().all(|(_, other)| other != word) {
                self.0.push((name.to_owned(), word.to_vec()));
            }
        }
    }

    fn frame(&mut self, arm: &str, frame: &Frame) {
        match frame {
            Frame::Literal(bytes) => self.add(arm, bytes),
            Frame::Template(pieces) => pieces.iter().for_each(|piece| self.piece(arm, piece)),
            Frame::Bits(fields) | Frame::Prefix(fields) => {
                // Given bytes that follow one another are a word.
                let mut word = Vec::new();
                for run in bits::runs(fields) {
                    match run.part {
                        Part::Byte { mask, value } if mask > 0 => word.push(value),
                        _ => self.add(arm, &std::mem::take(&mut word)),
                    }
                }
                self.add(arm, &word);
            }
            Frame::AnyOf(frames) => frames.iter().for_each(|frame| self.frame(arm, frame)),
            Frame::Rest | Frame::Rust(_) => {}
        }
    }

    fn piece(&mut self, arm: &str, piece: &Piece) {
        match piece {
            Piece::Literal(text) => self.add(arm, text),
            Piece::Flag(flag) => self.add(flag.name.unwrap_or(arm), flag.text),
            Piece::Capture(capture) if capture.kind == CaptureKind::Parsed => {
                // Numbers at the edge of their type.
                let name = capture.name.unwrap_or(arm);
                match integer(capture.ty) {
                    Some((bits, false)) => {
                        let max = u128::MAX >> (128 - bits);
                        self.add(name, b"0");
                        self.add(name, max.to_string().as_bytes());
                        self.add(name, plus_one(max).as_bytes());
                    }
                    Some((bits, true)) => {
                        let max = u128::MAX >> (129 - bits);
                        self.add(name, b"0");
                        self.add(name, max.to_string().as_bytes());
                        self.add(name, format!("-{}", max + 1).as_bytes());
                    }
                    None => {}
                }
            }
            Piece::Capture(_) => {}
        }
    }
}

fn plus_one(max: u128) -> String {
    max.checked_add(1).map_or_else(
        || "340282366920938463463374607431768211456".to_owned(),
        |more| more.to_string(),
    )
}
