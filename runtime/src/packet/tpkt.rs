//! The packet mode `tpkt`: packets of ISO transport over TCP (RFC 1006).

use kai_tcp_server_spec::packet::Mode;

use super::error::{FrameError, Malformed};
use super::find::Find;
use super::length::{big_endian, total};
use super::look;

const HEADER: usize = Mode::Tpkt.row().header;
const VERSION: u8 = 3;

/// Finds a packet with its header, which the length in the header includes.
pub(super) fn find(buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
    let Some(&[version, _, l0, l1]) = look::header::<HEADER>(buffer) else {
        return Ok(Find::More(None));
    };
    if version != VERSION {
        return Err(Malformed::Version {
            version,
            expected: VERSION,
        }
        .into());
    }
    let length = big_endian(&[l0, l1]);
    let Some(body) = length.checked_sub(HEADER) else {
        return Err(Malformed::ShortLength { length }.into());
    };
    let end = total(HEADER, body, limit)?;
    Ok(Find::upto(0..end, end, buffer))
}
