//! The cases for decoders, measured in instructions (`counts`) and in time (`throughput`): a buffer
//! of frames under each mode, decoded here and by tokio-util's nearest codec.

use std::hint::black_box;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use kai_tcp_server::Packet;
use kai_tcp_server::packet::{Decoder, Find};
use tokio_util::codec::{AnyDelimiterCodec, BytesCodec, LengthDelimitedCodec, LinesCodec};

/// A buffer of frames, and ways to decode it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) wire: &'static [u8],
    pub(crate) ways: &'static [Way],
}

/// A way to decode. It returns something of each frame, so that the compiler removes nothing.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// Decodes the bytes in a buffer, and then bytes that arrive one by one.
    pub(crate) decode: fn(&mut BytesMut, &[u8]) -> u64,
}

/// The longest frame in all cases.
const LIMIT: usize = 64 * 1024;

/// Creates a buffer as a server has it: its reference count is allocated.
pub(crate) fn empty(capacity: usize) -> BytesMut {
    let mut buffer = BytesMut::with_capacity(capacity);
    drop(buffer.split());
    buffer
}

/// Creates such a buffer with these bytes.
pub(crate) fn filled(wire: &[u8]) -> BytesMut {
    let mut buffer = empty(wire.len());
    buffer.extend_from_slice(wire);
    buffer
}

macro_rules! cases {
    ($($name:literal $wire:expr, $packet:expr, $($codec:literal $make:expr),+;)+) => {
        pub(crate) const CASES: &[Case] = &[$(Case {
            name: $name,
            wire: &$wire,
            ways: &[
                Way { name: "find", decode: |buffer, rest| in_place($packet, buffer, rest) },
                Way { name: "decode", decode: |buffer, rest| as_bytes($packet, buffer, rest) },
                $(Way { name: $codec, decode: |buffer, rest| by_codec($make, buffer, rest) },)+
            ],
        }),+];
    };
}

cases! {
    "line, 16 bytes" lines::<1024>(16, b"\n"), Packet::Line, "LinesCodec" lines_codec(), "AnyDelimiterCodec" delimited();
    "line, 64 bytes" lines::<4096>(64, b"\n"), Packet::Line, "LinesCodec" lines_codec(), "AnyDelimiterCodec" delimited();
    "line, 4096 bytes" lines::<65536>(4096, b"\n"), Packet::Line, "LinesCodec" lines_codec(), "AnyDelimiterCodec" delimited();
    "line(crlf), 16 bytes" lines::<1024>(16, b"\r\n"), Packet::LineCrlf, "LinesCodec" lines_codec();
    "line(crlf), 64 bytes" lines::<4096>(64, b"\r\n"), Packet::LineCrlf, "LinesCodec" lines_codec();
    "line(crlf), 4096 bytes" lines::<65536>(4096, b"\r\n"), Packet::LineCrlf, "LinesCodec" lines_codec();
    "line(lf), 16 bytes" lines::<1024>(16, b"\n"), Packet::LineLf, "LinesCodec" lines_codec(), "AnyDelimiterCodec" delimited();
    "line(lf), 64 bytes" lines::<4096>(64, b"\n"), Packet::LineLf, "LinesCodec" lines_codec(), "AnyDelimiterCodec" delimited();
    "line(lf), 4096 bytes" lines::<65536>(4096, b"\n"), Packet::LineLf, "LinesCodec" lines_codec(), "AnyDelimiterCodec" delimited();
    "line(crlf | lf), 16 bytes" lines::<1024>(16, b"\r\n"), Packet::LineCrlfOrLf, "LinesCodec" lines_codec();
    "line(crlf | lf), 64 bytes" lines::<4096>(64, b"\r\n"), Packet::LineCrlfOrLf, "LinesCodec" lines_codec();
    "line(crlf | lf), 4096 bytes" lines::<65536>(4096, b"\r\n"), Packet::LineCrlfOrLf, "LinesCodec" lines_codec();
    "1, 16 bytes" blocks::<1024>(16, 1), Packet::One, "LengthDelimitedCodec" length_delimited(1);
    "1, 64 bytes" blocks::<4096>(64, 1), Packet::One, "LengthDelimitedCodec" length_delimited(1);
    "1, 256 bytes" blocks::<65536>(256, 1), Packet::One, "LengthDelimitedCodec" length_delimited(1);
    "2, 16 bytes" blocks::<1024>(16, 2), Packet::Two, "LengthDelimitedCodec" length_delimited(2);
    "2, 64 bytes" blocks::<4096>(64, 2), Packet::Two, "LengthDelimitedCodec" length_delimited(2);
    "2, 4096 bytes" blocks::<65536>(4096, 2), Packet::Two, "LengthDelimitedCodec" length_delimited(2);
    "4, 16 bytes" blocks::<1024>(16, 4), Packet::Four, "LengthDelimitedCodec" length_delimited(4);
    "4, 64 bytes" blocks::<4096>(64, 4), Packet::Four, "LengthDelimitedCodec" length_delimited(4);
    "4, 4096 bytes" blocks::<65536>(4096, 4), Packet::Four, "LengthDelimitedCodec" length_delimited(4);
    "raw" blocks::<4096>(64, 0), Packet::Raw, "BytesCodec" BytesCodec::new();
    "raw(64)" blocks::<4096>(64, 0), Packet::RawExact(64), "split_to" SplitTo(64);
}

/// Builds lines of `size` bytes with their ends, `N` bytes in all.
const fn lines<const N: usize>(size: usize, end: &[u8]) -> [u8; N] {
    let mut wire = [b'x'; N];
    let mut at = size;
    while at <= N {
        let mut from_end = 0;
        while from_end < end.len() {
            wire[at - end.len() + from_end] = end[from_end];
            from_end += 1;
        }
        at += size;
    }
    wire
}

/// Builds frames of `size` bytes with a length header of `header` bytes, `N` bytes in all.
const fn blocks<const N: usize>(size: usize, header: usize) -> [u8; N] {
    let mut wire = [b'x'; N];
    let length = (size - header).to_be_bytes();
    let mut at = 0;
    while at < N {
        let mut byte = 0;
        while byte < header {
            wire[at + byte] = length[length.len() - header + byte];
            byte += 1;
        }
        at += size;
    }
    wire
}

fn lines_codec() -> LinesCodec {
    LinesCodec::new_with_max_length(LIMIT)
}

/// Creates the codec whose lines are bytes, as the lines here are. It doesn't use memchr.
fn delimited() -> AnyDelimiterCodec {
    AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\n".to_vec(), LIMIT)
}

fn length_delimited(header: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .length_field_length(header)
        .max_frame_length(LIMIT)
        .new_codec()
}

/// The cheapest possible codec for blocks of one length; tokio-util has none.
struct SplitTo(usize);

impl tokio_util::codec::Decoder for SplitTo {
    type Item = Bytes;
    type Error = std::io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> std::io::Result<Option<Bytes>> {
        Ok((buffer.len() >= self.0).then(|| buffer.split_to(self.0).freeze()))
    }
}

/// Lends frames from the buffer, as the call loop does for handlers that take `&[u8]` or `&str`.
#[inline(never)]
fn in_place(packet: Packet, buffer: &mut BytesMut, rest: &[u8]) -> u64 {
    let mut decoder = Decoder::new(black_box(packet)).packet_size(LIMIT);
    all(buffer, rest, |buffer| match decoder.find(buffer) {
        Ok(Find::Frame(cut)) => {
            let told = tell(&buffer[cut.frame]);
            buffer.advance(cut.end);
            Some(told)
        }
        _ => None,
    })
}

/// Splits frames off the buffer as `Bytes`.
#[inline(never)]
fn as_bytes(packet: Packet, buffer: &mut BytesMut, rest: &[u8]) -> u64 {
    let mut decoder = Decoder::new(black_box(packet)).packet_size(LIMIT);
    all(buffer, rest, |buffer| match decoder.decode(buffer) {
        Ok(Some(frame)) => Some(tell(&frame)),
        _ => None,
    })
}

#[inline(never)]
fn by_codec<D>(mut codec: D, buffer: &mut BytesMut, rest: &[u8]) -> u64
where
    D: tokio_util::codec::Decoder<Item: AsRef<[u8]>>,
{
    all(buffer, rest, |buffer| match codec.decode(buffer) {
        Ok(Some(frame)) => Some(tell(frame.as_ref())),
        _ => None,
    })
}

/// Decodes the present bytes, and then bytes that arrive one by one.
#[inline]
fn all(buffer: &mut BytesMut, rest: &[u8], mut next: impl FnMut(&mut BytesMut) -> Option<u64>) -> u64 {
    let mut told = 0;
    let mut decode = |buffer: &mut BytesMut| {
        while let Some(one) = next(buffer) {
            told += one;
        }
    };
    decode(buffer);
    for byte in rest {
        buffer.put_u8(*byte);
        decode(buffer);
    }
    told
}

/// Reads a frame's first byte, so that the compiler keeps the frame.
#[inline]
fn tell(frame: &[u8]) -> u64 {
    1 + u64::from(black_box(frame)[0])
}
