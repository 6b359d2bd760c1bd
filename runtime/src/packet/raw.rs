//! The packet modes `raw` and `raw(N)`: bytes without framing; replies are unchanged.

use super::error::FrameError;
use super::find::Find;

/// Finds a frame of all bytes in the buffer. No limit applies, as in `gen_tcp`: the reader decides
/// how much it reads.
pub(super) fn everything(buffer: &[u8]) -> Find {
    if buffer.is_empty() {
        Find::More(None)
    } else {
        Find::frame(0..buffer.len(), buffer.len())
    }
}

/// Finds a block of `length` bytes. A block above the limit is an error before its first byte
/// arrives.
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
