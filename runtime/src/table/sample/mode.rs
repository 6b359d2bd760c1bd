//! The rules of packet modes for a frame: what it can contain, and what is around it on the wire.

#[cfg(feature = "test")]
use bytes::BytesMut;

use super::FRAME_MAX;
use super::random::Random;
use crate::packet::Packet;
use crate::table::protocol::{Piece, Protocol};

/// Returns whether a frame can arrive: under the line modes the end of a line is at its end only.
pub(super) fn carries(protocol: &Protocol, frame: &[u8]) -> bool {
    if protocol.codec.is_some() {
        return true;
    }
    match protocol.packet {
        Packet::Line => !frame[..frame.len().saturating_sub(1)].contains(&protocol.delimiter),
        Packet::LineCrlf => !frame.windows(2).any(|two| two == b"\r\n") && frame.last() != Some(&b'\r'),
        Packet::LineLf => !frame.contains(&b'\n'),
        Packet::LineCrlfOrLf => !frame.contains(&b'\n') && frame.last() != Some(&b'\r'),
        Packet::RawExact(size) if size > 0 => frame.len() == size,
        Packet::Raw | Packet::RawExact(_) => !frame.is_empty(),
        Packet::One => frame.len() <= 0xff,
        _ => true,
    }
}

/// Puts the delimiter, which stays in a frame under `line`, behind what ends in a capture.
pub(super) fn end_line(protocol: &Protocol, last: Option<&Piece>, made: &mut Vec<u8>) {
    let takes_more = matches!(last, Some(Piece::Capture(capture)) if capture.open);
    if protocol.packet == Packet::Line && takes_more && protocol.codec.is_none() {
        made.push(protocol.delimiter);
    }
}

/// Makes any frame.
pub(super) fn any(protocol: &Protocol, random: &mut Random) -> Vec<u8> {
    let most = if random.one_in(32) { FRAME_MAX } else { 40 };
    let mut body = random.bytes(most);
    let length = u8::try_from(body.len()).unwrap_or(0);
    let mut made = match protocol.packet {
        _ if protocol.codec.is_some() => Vec::new(),
        Packet::Line => {
            body.retain(|&byte| byte != protocol.delimiter);
            body.push(protocol.delimiter);
            Vec::new()
        }
        Packet::LineCrlf | Packet::LineLf | Packet::LineCrlfOrLf => {
            body.retain(|&byte| !matches!(byte, b'\r' | b'\n'));
            Vec::new()
        }
        Packet::RawExact(size) if size > 0 => return random.exactly(size.min(1 << 20)),
        Packet::Asn1 => vec![random.byte() & 0xfe, length],
        Packet::Cdr => [b"GIOP\x01\x00\x00\x00\x00\x00\x00", &[length][..]].concat(),
        Packet::Sunrm => vec![0x80, 0, 0, length],
        Packet::Fcgi => vec![1, random.byte() % 12, 0, 1, 0, length, 0, 0],
        Packet::Tpkt => vec![3, 0, 0, length + 4],
        Packet::Http => {
            return http(
                random,
                &["GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "Host: a\r\n", "\r\n"],
            );
        }
        Packet::Httph => return http(random, &["Host: a\r\n", "Content-Length: 0\r\n", "\r\n"]),
        _ => Vec::new(),
    };
    made.extend(body);
    made
}

fn http(random: &mut Random, lines: &[&str]) -> Vec<u8> {
    random
        .pick(lines)
        .map_or_else(Vec::new, |line| line.as_bytes().to_vec())
}

/// Returns a frame as it is sent.
#[cfg(feature = "test")]
pub(crate) fn wire(protocol: &Protocol, frame: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    // A frame whose length no header can tell is sent without one: it is nearly valid.
    if protocol.codec.is_some() || protocol.packet.encode([frame], &mut bytes).is_err() {
        return frame.to_vec();
    }
    let is_whole = match protocol.packet {
        Packet::Line => frame.last() == Some(&protocol.delimiter),
        Packet::Http | Packet::Httph => frame.last() == Some(&b'\n'),
        _ => true,
    };
    if !is_whole {
        bytes.extend_from_slice(match protocol.packet {
            Packet::Line => std::slice::from_ref(&protocol.delimiter),
            _ => b"\r\n",
        });
    }
    bytes.to_vec()
}
