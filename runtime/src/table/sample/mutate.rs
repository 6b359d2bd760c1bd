//! Changes of bytes, as fuzzers make them.

use super::FRAME_MAX;
use super::random::Random;
use super::template::{self, Words};

/// Changes a word of a frame: into another one, or by one more.
pub(super) fn reword(frame: &mut Vec<u8>, words: Words<'_>, random: &mut Random) {
    let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let at = random.below(frame.len() + 1);
    let begin = frame[..at]
        .iter()
        .rposition(|byte| !is_of_word(byte))
        .map_or(0, |at| at + 1);
    let end = frame[at..]
        .iter()
        .position(|byte| !is_of_word(byte))
        .map_or(frame.len(), |end| at + end);
    let mut word = template::word(words, random);
    match random.below(4) {
        0 => {
            word.insert(0, b' ');
            frame.splice(end..end, word);
        }
        1 => drop(frame.splice(at..at, word)),
        _ => drop(frame.splice(begin..end, word)),
    }
    frame.truncate(FRAME_MAX * 2);
}

/// Changes a frame a little.
pub(super) fn mutate(frame: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(frame.len() + 1);
        match random.below(8) {
            0 => frame.truncate(at),
            1 => frame.insert(at, random.byte()),
            2 if at < frame.len() => drop(frame.remove(at)),
            3 if at < frame.len() => frame[at] ^= 1 << random.below(8),
            4 if at < frame.len() => frame[at] = random.byte(),
            5 => {
                let end = at + random.below(frame.len() - at + 1).min(16);
                let again = frame[at..end].to_vec();
                frame.splice(at..at, again);
            }
            6 => frame.extend(random.bytes(8)),
            _ => {
                let edge = b"\0\xff \t\r{\"\x80"[random.below(8)];
                frame.insert(at, edge);
            }
        }
    }
    frame.truncate(FRAME_MAX * 2);
}
