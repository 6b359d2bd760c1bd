//! The packet mode `sunrm`: the record marking of Sun RPC (RFC 5531), one frame per fragment.

use kai_tcp_server_spec::packet::Mode;

use super::error::FrameError;
use super::find::Find;
use super::length::{big_endian, total};
use super::look;

const HEADER: usize = Mode::Sunrm.row().header;

/// Finds a fragment with its header. The top bit of the header marks the last fragment of a record;
/// the reader of the frame evaluates it.
pub(super) fn find(buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
    let Some(&[first, rest @ ..]) = look::header::<HEADER>(buffer) else {
        return Ok(Find::More(None));
    };
    let length = usize::from(first & 0x7f) << 24 | big_endian(&rest);
    let end = total(HEADER, length, limit)?;
    Ok(Find::upto(0..end, end, buffer))
}
