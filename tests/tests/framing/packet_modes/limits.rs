//! Frames that are too long, and the moment at which this is known.

use bytes::BytesMut;
use kai_tcp_server::packet::{Cut, Decoder, Find, FrameError, Malformed};
use kai_tcp_server::{ErrorKind, Packet};

use super::{feed, frames, too_long};

#[test]
fn packet_size_counts_a_line_without_its_terminator() {
    for (packet, terminator) in [
        (Packet::LineCrlf, "\r\n"),
        (Packet::LineLf, "\n"),
        (Packet::LineCrlfOrLf, "\r\n"),
        (Packet::LineCrlfOrLf, "\n"),
    ] {
        let decoder = Decoder::new(packet).packet_size(4);
        let fits = format!("abcd{terminator}");
        assert_eq!(
            frames(&decoder, fits.as_bytes()),
            (vec!["abcd".into()], 0),
            "{packet:?}"
        );
        let error = too_long(&decoder, format!("abcde{terminator}").as_bytes());
        assert_eq!(error.to_string(), "frame of 5 bytes exceeds packet_size 4");
        let error = too_long(&decoder, b"abcde");
        assert_eq!(error.to_string(), "line exceeds packet_size 4 and has no end yet");
    }
    // A CR without LF is one more byte of the line.
    too_long(&Decoder::new(Packet::LineCrlf).packet_size(4), b"abcd\r\r");
    too_long(&Decoder::new(Packet::LineCrlf).packet_size(4), b"abcd\n");
    too_long(&Decoder::new(Packet::LineLf).packet_size(4), b"abcd\r");
}

#[test]
fn packet_size_counts_a_whole_line_with_its_delimiter() {
    let decoder = Decoder::new(Packet::Line).packet_size(4);
    assert_eq!(
        frames(&decoder, b"ab\r\nabc\n"),
        (vec![r"ab\r\n".into(), r"abc\n".into()], 0)
    );
    too_long(&decoder, b"abcd\n");
    // A stream may end after as many bytes as the limit, so gen_tcp waits for one more.
    assert_eq!(frames(&decoder, b"abcd"), (vec![], 4));
}

#[test]
fn a_length_that_is_too_long_is_known_with_its_header() {
    let find = |packet, header: &[u8]| Decoder::new(packet).packet_size(200).find(header);
    for (packet, fits, exceeds) in [
        (Packet::One, &[200_u8][..], &[201_u8][..]),
        (Packet::Two, &[0, 200], &[0, 201]),
        (Packet::Four, &[0, 0, 0, 200], &[0, 0, 0, 201]),
    ] {
        assert_eq!(find(packet, &exceeds[..exceeds.len() - 1]), Ok(Find::More(None)));
        assert_eq!(find(packet, fits), Ok(Find::More(Some(fits.len() + 200))));
        assert_eq!(
            find(packet, exceeds),
            Err(FrameError::TooLong {
                length: Some(201),
                packet_size: 200
            })
        );
    }
}

#[test]
fn without_a_limit_a_frame_still_fits_31_bits() {
    let mut decoder = Decoder::new(Packet::Four);
    assert_eq!(decoder.find(b"\x7f\xff\xff\xfb"), Ok(Find::More(Some(0x7fff_ffff))));
    assert_eq!(
        decoder.find(b"\x7f\xff\xff\xfc"),
        Err(FrameError::Overflow { length: 0x7fff_fffc })
    );
    assert_eq!(
        decoder.find(b"\xff\xff\xff\xff"),
        Err(FrameError::Overflow { length: 0xffff_ffff })
    );
    let mut decoder = Decoder::new(Packet::Four).packet_size(usize::MAX);
    assert_eq!(
        decoder.find(b"\xff\xff\xff\xff"),
        Err(FrameError::Overflow { length: 0xffff_ffff })
    );
}

#[test]
fn what_is_malformed_is_known_with_its_header() {
    let cases: [(Packet, &[u8], Malformed); 6] = [
        (
            Packet::Cdr,
            b"giop\x01\0\0\0\0\0\0\0",
            Malformed::Magic { magic: *b"giop" },
        ),
        (
            Packet::Fcgi,
            b"\x02\0\0\0\0\0\0\0",
            Malformed::Version {
                version: 2,
                expected: 1,
            },
        ),
        (
            Packet::Tpkt,
            b"\x02\0\0\x04",
            Malformed::Version {
                version: 2,
                expected: 3,
            },
        ),
        (Packet::Tpkt, b"\x03\0\0\x03", Malformed::ShortLength { length: 3 }),
        (
            Packet::Asn1,
            b"\x30\x85\0\0\0\0\x01",
            Malformed::LongLength { bytes: 5 },
        ),
        (Packet::Asn1, &[0xff; 64], Malformed::LongTag { longest: 64 }),
    ];
    for (packet, header, malformed) in cases {
        let decoder = Decoder::new(packet).packet_size(10);
        for bytes in 0..header.len() {
            assert_eq!(
                decoder.clone().find(&header[..bytes]),
                Ok(Find::More(None)),
                "{packet:?}"
            );
        }
        let error = decoder.clone().find(header).unwrap_err();
        assert_eq!(error, FrameError::Malformed(malformed));
        assert_eq!(kai_tcp_server::Error::from(error).kind(), ErrorKind::Malformed);
    }
}

/// A tag isn't content: it may be longer than `packet_size`, but it is bounded.
#[test]
fn a_tag_ends_somewhere() {
    let of_64_bytes = [&[0x1f; 1][..], &[0x81; 62], b"\x01\x00"].concat();
    for limit in [1, 63, 64] {
        let mut decoder = Decoder::new(Packet::Asn1).packet_size(limit);
        assert_eq!(
            decoder.find(&of_64_bytes),
            Ok(Find::Frame(Cut { frame: 0..65, end: 65 }))
        );
    }
    let mut decoder = Decoder::new(Packet::Asn1).packet_size(1000);
    assert_eq!(decoder.find(&[0xff; 999]), Ok(Find::More(None)));
    assert_eq!(
        Decoder::new(Packet::Asn1).find(&vec![0xff; 100_000]),
        Ok(Find::More(None))
    );
}

#[test]
fn an_error_stays() {
    let mut decoder = Decoder::new(Packet::LineLf).packet_size(2);
    let mut buffer = BytesMut::from("abc\nd\n");
    let error = decoder.decode(&mut buffer);
    assert!(error.is_err());
    assert_eq!(decoder.decode(&mut buffer), error);
    assert_eq!(buffer, "abc\nd\n");
}

#[test]
fn pieces_count_for_packet_size_together() {
    let decoder = Decoder::new(Packet::Line).line_length(3).packet_size(7);
    assert_eq!(
        frames(&decoder, b"abcdef\nx\n"),
        (vec!["abc".into(), "def".into(), r"\n".into(), r"x\n".into()], 0)
    );
    let (pieces, error, _) = feed(decoder.clone(), b"abcdefg\n".chunks(1));
    assert_eq!(
        (pieces.len(), error),
        (
            2,
            Some(FrameError::TooLong {
                length: Some(8),
                packet_size: 7
            })
        )
    );
    let (pieces, error, left) = feed(decoder, [&b"abcdefg\n"[..]]);
    assert_eq!(
        (pieces.len(), error, left),
        (
            0,
            Some(FrameError::TooLong {
                length: Some(8),
                packet_size: 7
            }),
            8
        )
    );
}
