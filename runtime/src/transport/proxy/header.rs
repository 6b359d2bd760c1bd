//! The header of the PROXY protocol, as bytes.
//!
//! The crate `proxy-protocol-rs` reads headers. What it leaves to whoever reads the bytes is here:
//! the bound of a header's length, and that what is no header is known by its first wrong byte.
//! So is what it reads otherwise than the specification says: a LOCAL header, whose block is to be
//! skipped, and a PROXY header of an unspecified family, which is legal.

use std::borrow::Cow;
use std::fmt;

use proxy_protocol_rs::{InvalidReason, ParseError, V2_SIGNATURE, parse};

use super::info::Header;

/// The most bytes that a header of version 2 may have. It may say that it has 65,551.
pub(crate) const MOST: usize = 4096;

const V1_SIGNATURE: &[u8; 6] = b"PROXY ";

/// The bytes of a header of version 2 that say how long it is.
const FIXED: usize = 16;

/// Version 2 and the command, the byte behind the signature.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;

/// The family and the protocol, the byte behind them.
const UNSPECIFIED: u8 = 0x00;
const TCP_OVER_IPV4: u8 = 0x11;

const IPV4_ADDRESSES: usize = 12;

/// The kinds of first bytes of a connection.
#[derive(Debug)]
pub(crate) enum Begin {
    /// No header, whatever follows.
    Other,
    /// The begin of a signature, which a protocol may begin with as well.
    Unsure,
    /// A header that isn't whole.
    Part,
    /// A header, and how many bytes it has.
    Header(Header, usize),
}

/// A mistake in a header.
#[derive(Debug)]
pub(crate) enum Mistake {
    /// It says that it is so many bytes long.
    TooLong(usize),
    /// Its line ends otherwise than by CRLF.
    Line,
    /// One of its ports is no number.
    Port,
    Crc,
    Other(ParseError),
}

/// Reads the first bytes of a connection.
pub(crate) fn read(bytes: &[u8]) -> Result<Begin, Mistake> {
    let signature = match bytes.first() {
        Some(b'P') => &V1_SIGNATURE[..],
        _ => &V2_SIGNATURE[..],
    };
    let common = signature.len().min(bytes.len());
    if bytes[..common] != signature[..common] {
        return Ok(Begin::Other);
    }
    if common < signature.len() {
        return Ok(Begin::Unsure);
    }
    let header = if signature.len() == V1_SIGNATURE.len() {
        check_line(bytes)?;
        Cow::Borrowed(bytes)
    } else {
        let Some(fixed) = bytes.first_chunk::<FIXED>() else {
            return Ok(Begin::Part);
        };
        let length = FIXED + usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
        if length > MOST {
            return Err(Mistake::TooLong(length));
        }
        let Some(header) = bytes.get(..length) else {
            return Ok(Begin::Part);
        };
        match (fixed[12], fixed[13]) {
            (LOCAL, _) => return Ok(Begin::Header(Header::local(), length)),
            (PROXY, UNSPECIFIED) => {
                return read_unspecified(header).map(|header| Begin::Header(header, length));
            }
            _ => Cow::Borrowed(header),
        }
    };
    match parse(&header) {
        Ok((info, length)) => Ok(Begin::Header(Header::new(info), length)),
        Err(ParseError::Incomplete) => Ok(Begin::Part),
        Err(error) => Err(Mistake::Other(error)),
    }
}

/// Checks what the crate overlooks in the line of version 1: it would wait for the end of a line
/// that has ended, and read `+80` as a port.
fn check_line(bytes: &[u8]) -> Result<(), Mistake> {
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
        return Ok(());
    };
    let line = bytes[..end].strip_suffix(b"\r").ok_or(Mistake::Line)?;
    let mut fields = line.split(|&byte| byte == b' ').skip(1);
    let has_ports = fields.next().is_some_and(|family| family != b"UNKNOWN");
    let is_number = |field: &[u8]| !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    if has_ports && !fields.skip(2).all(is_number) {
        return Err(Mistake::Port);
    }
    Ok(())
}

/// Reads a header of an unspecified family: as one of a family that the crate reads, with addresses
/// that nobody looks at. A block that isn't TLVs is an address of that family, and is skipped.
fn read_unspecified(header: &[u8]) -> Result<Header, Mistake> {
    let (fixed, tlvs) = header.split_at(FIXED);
    let length = u16::try_from(IPV4_ADDRESSES + tlvs.len()).map_err(|_| Mistake::TooLong(header.len()))?;
    let family = [TCP_OVER_IPV4];
    let mut specified = [&fixed[..13], &family, &length.to_be_bytes(), &[0; IPV4_ADDRESSES], tlvs].concat();
    let mut is_intact = true;
    if let Some(at) = crc_in(tlvs) {
        // It is the checksum of all bytes, where it is 0 itself.
        let mut bytes = header.to_vec();
        let sent = replace(&mut bytes, FIXED + at, 0);
        is_intact = crc32c::crc32c(&bytes) == sent;
        let at = FIXED + IPV4_ADDRESSES + at;
        replace(&mut specified, at, 0);
        let crc = crc32c::crc32c(&specified);
        replace(&mut specified, at, crc);
    }
    match parse(&specified) {
        Ok(_) if !is_intact => Err(Mistake::Crc),
        Ok((info, _)) => Ok(Header::without_addresses(info)),
        Err(ParseError::Invalid(InvalidReason::MalformedTlv { .. })) => Ok(Header::unspecified()),
        Err(error) => Err(Mistake::Other(error)),
    }
}

/// Returns where the checksum is, if there is one among these.
fn crc_in(tlvs: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let &[kind, high, low] = tlvs.get(at..)?.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        at += 3;
        tlvs.get(at..at + length)?;
        if kind == 0x03 && length == 4 {
            return Some(at);
        }
        at += length;
    }
}

/// Replaces four bytes, and returns those before.
fn replace(bytes: &mut [u8], at: usize, by: u32) -> u32 {
    let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) else {
        return 0;
    };
    u32::from_be_bytes(std::mem::replace(place, by.to_be_bytes()))
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mistake::TooLong(length) => write!(
                f,
                "the PROXY header says that it is {length} bytes long: at most {MOST} are taken"
            ),
            Mistake::Line => f.write_str("the line of the PROXY header doesn't end with CRLF"),
            Mistake::Port => f.write_str("a port in the PROXY header is no number"),
            Mistake::Crc => f.write_str("the checksum of the PROXY header is wrong"),
            Mistake::Other(ParseError::CrcMismatch { .. }) => Mistake::Crc.fmt(f),
            Mistake::Other(ParseError::Invalid(reason)) => write!(f, "the PROXY header is malformed: {reason}"),
            Mistake::Other(error) => write!(f, "the PROXY header is malformed: {error}"),
        }
    }
}

#[cfg(test)]
mod tests;
