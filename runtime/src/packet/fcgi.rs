//! The packet mode `fcgi`: FastCGI records.

use kai_tcp_server_spec::packet::Mode;

use super::error::{FrameError, Malformed};
use super::find::Find;
use super::length::{big_endian, total};
use super::look;

const HEADER: usize = Mode::Fcgi.row().header;
const VERSION: u8 = 1;

/// Finds a record; its padding isn't part of the frame.
pub(super) fn find(buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
    let Some(&[version, _, _, _, c0, c1, padding, _]) = look::header::<HEADER>(buffer) else {
        return Ok(Find::More(None));
    };
    if version != VERSION {
        return Err(Malformed::Version {
            version,
            expected: VERSION,
        }
        .into());
    }
    let (content, padding) = (big_endian(&[c0, c1]), usize::from(padding));
    let end = total(HEADER, content + padding, limit)?;
    Ok(Find::upto(0..end - padding, end, buffer))
}
