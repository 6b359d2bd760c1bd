//! The packet mode `asn1`: values with tag, length and contents in the Basic Encoding Rules of
//! ASN.1 (ITU-T X.690).

use super::error::{FrameError, Malformed};
use super::find::Find;
use super::length::{big_endian, total};
use super::look;
use super::scan::Scan;

/// The tag number that marks a tag of more than one byte.
const LONG_TAG: u8 = 0x1f;

/// The longest allowed tag in bytes if `packet_size` is smaller. It is much longer than any tag in
/// use.
const LONGEST_TAG: usize = 64;

/// Finds a value with its tag and length.
pub(super) fn find(scan: &mut Scan, buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
    let Some(tag) = tag(scan, buffer, limit)? else {
        return Ok(Find::More(None));
    };
    let Some((length, header)) = length(&buffer[tag..])? else {
        return Ok(Find::More(None));
    };
    let end = total(tag + header, length, limit)?;
    let found = Find::upto(0..end, end, buffer);
    if let Find::Frame(_) = found {
        scan.finish();
    }
    Ok(found)
}

/// Returns the length of the tag in bytes, or `None` if the tag is incomplete.
fn tag(scan: &mut Scan, buffer: &[u8], limit: usize) -> Result<Option<usize>, FrameError> {
    let Some([first]) = look::header(buffer) else {
        return Ok(None);
    };
    if first & LONG_TAG != LONG_TAG {
        return Ok(Some(1));
    }
    // Each byte but the last one has its top bit set.
    let start = scan.start(buffer).max(1);
    let last = start + look::span(&buffer[start..], |byte| byte & 0x80 != 0);
    scan.stop_at(last);
    // The limit counts the contents only, but a tag without an end would never reach them.
    let longest = limit.max(LONGEST_TAG);
    if last >= longest {
        return Err(Malformed::LongTag { longest }.into());
    }
    Ok((last < buffer.len()).then_some(last + 1))
}

/// Returns the length of the contents and the size of the length field, or `None` if the field is
/// incomplete.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let Some(&[first]) = look::header(bytes) else {
        return Ok(None);
    };
    let number = usize::from(first & 0x7f);
    if first & 0x80 == 0 {
        return Ok(Some((number, 1)));
    }
    // `gen_tcp` reports an error only when the whole length field is there. It takes a length field
    // of no bytes (the indefinite form of X.690) as length 0.
    let Some(digits) = bytes.get(1..=number) else {
        return Ok(None);
    };
    if number > 4 {
        return Err(Malformed::LongLength { bytes: number }.into());
    }
    Ok(Some((big_endian(digits), 1 + number)))
}
