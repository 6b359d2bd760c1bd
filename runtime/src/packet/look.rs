//! The functions that read bytes of a buffer in a search for a frame. All packet modes use them, so
//! that a test can count the bytes they read.

use memchr::memchr;

/// Returns the header at the front of a buffer, or `None` if it is incomplete.
pub(super) fn header<const HEADER: usize>(buffer: &[u8]) -> Option<&[u8; HEADER]> {
    let header = buffer.first_chunk();
    count(HEADER.min(buffer.len()));
    header
}

/// Returns the first position of a byte.
#[inline]
pub(super) fn find(byte: u8, buffer: &[u8]) -> Option<usize> {
    // Slow input brings only a few bytes, for which a call isn't worth its cost.
    let found = if buffer.len() < 8 {
        buffer.iter().position(|&there| there == byte)
    } else {
        memchr(byte, buffer)
    };
    count(found.map_or(buffer.len(), |at| at + 1));
    found
}

/// Returns the number of bytes at the front that fulfil the condition.
pub(super) fn span(buffer: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    let length = buffer.iter().take_while(|&&byte| holds(byte)).count();
    count(length + 1);
    length
}

/// Returns the line and counts its bytes once, although the parser passes over it several times.
pub(super) fn line(line: &[u8]) -> &[u8] {
    count(line.len());
    line
}

#[cfg(not(test))]
fn count(_: usize) {}

#[cfg(test)]
pub(super) use tests::count;

#[cfg(test)]
mod tests;
