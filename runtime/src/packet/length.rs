//! The packet modes `1`, `2` and `4`: a big-endian header holds the length of the frame.

use super::error::FrameError;
use super::find::Find;
use super::look;

/// The greatest length of header and body together: `gen_tcp` keeps lengths in a signed 32-bit
/// integer.
const LONGEST: usize = 0x7fff_ffff;

/// Finds a frame after a header of `HEADER` bytes, which isn't part of the frame.
pub(super) fn find<const HEADER: usize>(buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
    let Some(header) = look::header::<HEADER>(buffer) else {
        return Ok(Find::More(None));
    };
    let length = big_endian(header);
    let end = total(HEADER, length, limit)?;
    Ok(Find::upto(HEADER..end, end, buffer))
}

/// Returns the big-endian number in `bytes`, which are no more than a `usize` holds.
pub(super) fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

/// Returns the length of header and body together. An excessive length is known as soon as the
/// header is complete.
pub(super) fn total(header: usize, length: usize, limit: usize) -> Result<usize, FrameError> {
    if length > limit {
        return Err(FrameError::TooLong {
            length: Some(length),
            packet_size: limit,
        });
    }
    if length > LONGEST - header {
        return Err(FrameError::Overflow { length });
    }
    Ok(header + length)
}

/// Returns the header of a reply.
///
/// `gen_tcp` drops the upper bytes of a length that doesn't fit the header, and the peer then takes
/// the rest of the reply for headers. Here such a length is an error.
pub(super) fn header<const HEADER: usize>(length: usize) -> Result<[u8; HEADER], FrameError> {
    match length.to_be_bytes().split_last_chunk::<HEADER>() {
        Some((upper, header)) if upper.iter().all(|&byte| byte == 0) => Ok(*header),
        _ => Err(FrameError::ReplyTooLong {
            length,
            longest: (0..HEADER).fold(0, |longest, _| longest << 8 | 0xff),
        }),
    }
}
