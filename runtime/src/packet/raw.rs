//! `raw` and `raw(N)`: bytes without framing, replies as they are.

use super::error::FrameError;
use super::find::Find;

/// All there is. No limit applies, as with `gen_tcp`: how much is there is up to whoever reads.
pub(super) fn everything(buffer: &[u8]) -> Find {
    if buffer.is_empty() {
        Find::More(None)
    } else {
        Find::frame(0..buffer.len(), buffer.len())
    }
}

/// A block of `length` bytes. That it exceeds the limit is known before a byte of it is there.
pub(super) fn block(buffer: &[u8], length: usize, limit: usize) -> Result<Find, FrameError> {
    if length == 0 {
        return Ok(everything(buffer));
    }
    if length > limit {
        return Err(FrameError::TooLong {
            length: Some(length),
            packet_size: limit,
        });
    }
    Ok(Find::upto(0..length, length, buffer))
}
