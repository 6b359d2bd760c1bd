//! Changes of bytes, as fuzzers make them.

use super::FRAME_MAX;
use super::random::Random;

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
