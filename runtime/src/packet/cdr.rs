//! The packet mode `cdr`: messages of CORBA's GIOP. A flag in the header gives the byte order of
//! the size.

use kai_tcp_server_spec::packet::Mode;

use super::error::{FrameError, Malformed};
use super::find::Find;
use super::length::{big_endian, total};
use super::look;

const HEADER: usize = Mode::Cdr.row().header;

/// Finds a message with its header. The reader of the message joins fragments, not this mode.
pub(super) fn find(buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
    let Some(&[m0, m1, m2, m3, _, _, flags, _, s0, s1, s2, s3]) = look::header::<HEADER>(buffer) else {
        return Ok(Find::More(None));
    };
    let magic = [m0, m1, m2, m3];
    if magic != *b"GIOP" {
        return Err(Malformed::Magic { magic }.into());
    }
    let is_little_endian = flags & 1 != 0;
    let size = if is_little_endian {
        [s3, s2, s1, s0]
    } else {
        [s0, s1, s2, s3]
    };
    let end = total(HEADER, big_endian(&size), limit)?;
    Ok(Find::upto(0..end, end, buffer))
}
