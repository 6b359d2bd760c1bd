//! The lines that are sent and must come back. No two lines are alike.

/// The bytes before a line's body: the connection's number and the line's, six bits per byte, so
/// that none is a line end.
const HEAD: usize = 8;
/// The number of places in the pattern where bodies begin.
const PLACES: usize = 4096;
/// The longest line.
const LONGEST: usize = 4096;

/// Pseudo-random bytes without line ends.
pub(super) struct Pattern(Vec<u8>);

impl Pattern {
    pub(super) fn new() -> Self {
        let mut random = super::Random::new(1);
        Pattern((0..PLACES + LONGEST).map(|_| six_bits(random.next())).collect())
    }
}

/// The lines of one connection, as one stream of bytes.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    pub(super) connection: u64,
    pub(super) size: usize,
}

impl Lines {
    /// Writes the bytes that begin at a place of the stream.
    pub(super) fn fill(self, pattern: &Pattern, from: u64, into: &mut [u8]) {
        let size = self.size as u64;
        let (mut line, mut skip) = (from / size, (from % size) as usize);
        let mut rest = into;
        while !rest.is_empty() {
            let (part, later) = rest.split_at_mut(rest.len().min(self.size - skip));
            if part.len() == self.size {
                self.write(pattern, line, part);
            } else {
                let mut whole = [0; LONGEST];
                self.write(pattern, line, &mut whole[..self.size]);
                part.copy_from_slice(&whole[skip..skip + part.len()]);
            }
            (line, skip, rest) = (line + 1, 0, later);
        }
    }

    fn write(self, pattern: &Pattern, line: u64, into: &mut [u8]) {
        let (head, rest) = into.split_at_mut(HEAD);
        let number = (self.connection << 28) | (line & 0xFFF_FFFF);
        for (byte, shift) in head.iter_mut().zip((0..48).step_by(6)) {
            *byte = six_bits(number >> shift);
        }
        let (end, body) = rest.split_last_mut().expect("a line has an end");
        let place = (self
            .connection
            .wrapping_mul(7919)
            .wrapping_add(line.wrapping_mul(104_729)) as usize)
            % PLACES;
        body.copy_from_slice(&pattern.0[place..place + body.len()]);
        *end = b'\n';
    }
}

fn six_bits(of: u64) -> u8 {
    0x40 | (of & 0x3F) as u8
}
