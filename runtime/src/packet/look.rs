//! How bytes of a buffer are looked at while a frame is searched for: by way of these, so that a test can count how many
//! were.

use memchr::memchr;

/// The header at the front of a buffer, once all of it is there.
pub(super) fn header<const HEADER: usize>(buffer: &[u8]) -> Option<&[u8; HEADER]> {
    let header = buffer.first_chunk();
    count(HEADER.min(buffer.len()));
    header
}

/// Where a byte first stands.
#[inline]
pub(super) fn find(byte: u8, buffer: &[u8]) -> Option<usize> {
    // The few bytes that slow input brings aren't worth the call.
    let found = if buffer.len() < 8 {
        buffer.iter().position(|&there| there == byte)
    } else {
        memchr(byte, buffer)
    };
    count(found.map_or(buffer.len(), |at| at + 1));
    found
}

/// How many bytes at the front hold the condition.
pub(super) fn span(buffer: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    let length = buffer.iter().take_while(|&&byte| holds(byte)).count();
    count(length + 1);
    length
}

/// A whole line, which is looked through a few times over.
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
