//! Tests of the cost of slow input, in bytes that the decoder reads.

use std::cell::Cell;

use crate::Packet;
use crate::packet::{Cut, Decoder, Find};

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

pub(in crate::packet) fn count(bytes: usize) {
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
}

/// Returns how many bytes are read when a stream arrives byte by byte, and how many frames it
/// yields.
fn cost(mut decoder: Decoder, stream: &[u8]) -> (usize, usize) {
    LOOKED_AT.set(0);
    let (mut begin, mut frames) = (0, 0);
    for end in 1..=stream.len() {
        while let Find::Frame(Cut { end, .. }) = decoder.find(&stream[begin..end]).expect("frames alone") {
            begin += end;
            frames += 1;
        }
    }
    assert_eq!(begin, stream.len(), "{:?} left something", decoder.packet());
    (LOOKED_AT.get(), frames)
}

/// A function that makes a stream of about `n` bytes: one frame, or a few that belong together.
type Stream = fn(usize) -> Vec<u8>;

fn of_length(header: &[u8], length: usize) -> Vec<u8> {
    [header, &vec![b'a'; length]].concat()
}

fn low(length: usize, byte: u32) -> u8 {
    u8::try_from(length >> (8 * byte) & 0xff).expect("a byte")
}

const STREAMS: &[(Packet, Stream)] = &[
    (Packet::Two, |n| of_length(&[low(n, 1), low(n, 0)], n)),
    (Packet::Four, |n| of_length(&[0, 0, low(n, 1), low(n, 0)], n)),
    (Packet::Line, |n| [vec![b'\r'; n], b"\n".to_vec()].concat()),
    // Each line feed without a carriage return is read once.
    (Packet::LineCrlf, |n| [vec![b'\n'; n], b"\r\n".to_vec()].concat()),
    (Packet::LineLf, |n| [vec![b'\r'; n], b"\n".to_vec()].concat()),
    (Packet::LineCrlfOrLf, |n| [vec![b'\r'; n], b"\r\n".to_vec()].concat()),
    (Packet::Asn1, |n| of_length(&[0x30, 0x82, low(n, 1), low(n, 0)], n)),
    // A tag as long as the limit allows.
    (Packet::Asn1, |n| [&[0x1f][..], &vec![0x80; n], b"\x01\x00"].concat()),
    (Packet::Cdr, |n| {
        of_length(&[b"GIOP\x01\x02\0\0\0\0", &[low(n, 1), low(n, 0)][..]].concat(), n)
    }),
    (Packet::Sunrm, |n| of_length(&[0x80, 0, low(n, 1), low(n, 0)], n)),
    (Packet::Fcgi, |n| {
        of_length(&[1, 6, 0, 1, low(n, 1), low(n, 0), 0, 0], n)
    }),
    (Packet::Tpkt, |n| of_length(&[3, 0, low(n + 4, 1), low(n + 4, 0)], n)),
    (Packet::Http, |n| {
        [b"GET /", &vec![b'a'; n][..], b" HTTP/1.1\r\n\r\n"].concat()
    }),
    // Many lines, many headers, one header over many lines.
    (Packet::Http, |n| b"no line of HTTP\n".repeat(n / 16)),
    (Packet::Httph, |n| {
        [&b"Name: value\r\n".repeat(n / 13)[..], b"\r\n"].concat()
    }),
    (Packet::Httph, |n| {
        [b"A: b\r\n", &b"\t\n".repeat(n / 2)[..], b"\r\n"].concat()
    }),
    (Packet::Httph, |n| {
        [b"A: b\r\n c", &vec![b'a'; n][..], b"\r\n\r\n"].concat()
    }),
];

/// Twice as many bytes cost at most twice as many reads, and each byte is read at most a few times:
/// the longest header has 12 bytes, and is read again with each byte that arrives.
#[test]
fn what_comes_byte_by_byte_is_looked_at_a_few_times() {
    for (nth, (packet, stream)) in STREAMS.iter().enumerate() {
        let cost = |n| {
            let stream = stream(n);
            let (looked_at, frames) = cost(Decoder::new(*packet).packet_size(1 << 20), &stream);
            assert!(
                frames > 0 && looked_at >= stream.len() / 2,
                "{packet:?}, {nth}: {looked_at} in {frames}"
            );
            assert!(
                looked_at <= 13 * stream.len(),
                "{packet:?}, {nth}: {looked_at} for {}",
                stream.len()
            );
            looked_at
        };
        let (once, twice) = (cost(20_000), cost(40_000));
        assert!(twice <= 2 * once + 64, "{packet:?}, {nth}: {once}, then {twice}");
    }
}

/// Tests the same for lines with another delimiter.
#[test]
fn any_delimiter_is_looked_for_once() {
    for delimiter in [0, b'\r', b'x', 0xff] {
        let stream = [vec![b'\n'; 10_000], vec![delimiter]].concat();
        let (looked_at, frames) = cost(Decoder::new(Packet::Line).delimiter(delimiter), &stream);
        assert_eq!((looked_at, frames), (stream.len(), 1), "{delimiter}");
    }
}

/// Bytes that arrive at once are read once, however many frames they are: the search for a frame
/// doesn't read the bytes after it.
#[test]
fn what_came_together_is_looked_at_frame_by_frame() {
    let stream = b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n".repeat(1000);
    let mut decoder = Decoder::new(Packet::Http);
    LOOKED_AT.set(0);
    let mut begin = 0;
    while let Find::Frame(Cut { end, .. }) = decoder.find(&stream[begin..]).expect("frames alone") {
        begin += end;
    }
    assert_eq!(begin, stream.len());
    assert!(LOOKED_AT.get() <= 2 * stream.len(), "{}", LOOKED_AT.get());
}
