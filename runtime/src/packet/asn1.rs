//! `asn1`: a tag, a length, the contents, as the basic encoding rules of ASN.1 write them (ITU-T X.690).

use super::error::{FrameError, Malformed};
use super::find::Find;
use super::length::{big_endian, total};
use super::look;
use super::scan::Scan;

/// The number of a tag that says itself behind the first byte.
const LONG_TAG: u8 = 0x1f;

/// A tag can be as long as this, whatever the limit: much longer than any that is in use.
const LONGEST_TAG: usize = 64;

/// A value with its tag and length.
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

/// How many bytes the tag takes.
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
    // The limit counts the contents; but a tag without an end would never come to them.
    let longest = limit.max(LONGEST_TAG);
    if last >= longest {
        return Err(Malformed::LongTag { longest }.into());
    }
    Ok((last < buffer.len()).then_some(last + 1))
}

/// What the bytes behind the tag say of the length, and how many of them do.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let Some(&[first]) = look::header(bytes) else {
        return Ok(None);
    };
    let number = usize::from(first & 0x7f);
    if first & 0x80 == 0 {
        return Ok(Some((number, 1)));
    }
    // `gen_tcp` complains only once all that the length takes has come. A length of no bytes, which X.690 calls
    // indefinite, is 0 to it.
    let Some(digits) = bytes.get(1..=number) else {
        return Ok(None);
    };
    if number > 4 {
        return Err(Malformed::LongLength { bytes: number }.into());
    }
    Ok(Some((big_endian(digits), 1 + number)))
}
