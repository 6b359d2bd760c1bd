//! The packet modes where Erlang has no vectors: strict lines, blocks, limits, modes that change, the cost of slow
//! input.

use bytes::BytesMut;
use kai_tcp_server::packet::{Cut, Decoder, Find, FrameError};
use kai_tcp_server::{ErrorKind, Packet};

/// All frames of a stream, each as text; then what stopped them, if it wasn't the end; then what is left.
type Decoded = (Vec<String>, Option<FrameError>, usize);

fn feed<'a>(mut decoder: Decoder, segments: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    let mut error = None;
    for segment in segments {
        buffer.extend_from_slice(segment);
        while error.is_none() {
            let before = buffer.len();
            match decoder.decode(&mut buffer) {
                Ok(Some(frame)) => {
                    assert!(buffer.len() < before, "a frame that takes nothing");
                    frames.push(frame.escape_ascii().to_string());
                }
                Ok(None) => break,
                Err(why) => error = Some(why),
            }
        }
    }
    (frames, error, buffer.len())
}

/// The frames of a stream, which must be the same for every place to cut it into two, at once and byte by byte.
#[track_caller]
fn frames(decoder: &Decoder, input: &[u8]) -> (Vec<String>, usize) {
    let (at_once, error, left) = feed(decoder.clone(), [input]);
    assert_eq!(error, None);
    for middle in 0..=input.len() {
        let (first, second) = input.split_at(middle);
        assert_eq!(
            feed(decoder.clone(), [first, second]),
            (at_once.clone(), None, left),
            "cut at {middle}"
        );
    }
    assert_eq!(
        feed(decoder.clone(), input.chunks(1)),
        (at_once.clone(), None, left),
        "byte by byte"
    );
    (at_once, left)
}

/// What is wrong with a stream, before a frame comes of it, wherever it is cut into two.
#[track_caller]
fn too_long(decoder: &Decoder, input: &[u8]) -> FrameError {
    let (_, error, _) = feed(decoder.clone(), [input]);
    for middle in 0..=input.len() {
        let (first, second) = input.split_at(middle);
        let (frames, error, left) = feed(decoder.clone(), [first, second]);
        assert!(
            frames.is_empty() && left >= first.len(),
            "cut at {middle}: {frames:?}, {left} left"
        );
        assert!(
            matches!(error, Some(FrameError::TooLong { .. })),
            "cut at {middle}: {error:?}"
        );
    }
    error.expect("an error")
}

#[test]
fn crlf_alone_ends_a_strict_line() {
    let decoder = Decoder::new(Packet::LineCrlf);
    let cases: [(&[u8], &[&str], usize); 9] = [
        (b"a\r\nb\r\n", &["a", "b"], 0),
        // What smuggling needs: a bare LF, or a CR too many, that ends a line for one reader and not for the next.
        (b"a\nb\r\n", &[r"a\nb"], 0),
        (b".\n\r\n", &[r".\n"], 0),
        (b"\n.\n", &[], 3),
        (b"a\r\r\n", &[r"a\r"], 0),
        (b"a\rb\r\n", &[r"a\rb"], 0),
        (b"\r\n\r\n", &["", ""], 0),
        (b"a\n\r", &[], 3),
        // What has no end is no line.
        (b"a\r\nbye\r", &["a"], 4),
    ];
    for (input, lines, left) in cases {
        assert_eq!(
            frames(&decoder, input),
            (lines.iter().map(ToString::to_string).collect(), left),
            "{input:?}"
        );
    }
}

#[test]
fn lf_alone_ends_a_line_that_keeps_its_cr() {
    let decoder = Decoder::new(Packet::LineLf);
    assert_eq!(
        frames(&decoder, b"a\r\nb\n\n\rc"),
        (vec![r"a\r".into(), "b".into(), String::new()], 2)
    );
}

#[test]
fn the_longest_terminator_is_taken_off() {
    let decoder = Decoder::new(Packet::LineCrlfOrLf);
    let lines = ["a", "b", r"c\r", r"d\re", "", ""].map(String::from).to_vec();
    assert_eq!(frames(&decoder, b"a\r\nb\nc\r\r\nd\re\n\r\n\nbye\r"), (lines, 4));
}

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
    // A CR that isn't followed by LF is one byte of the line more.
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
    // As many bytes as the limit may still be followed by nothing: gen_tcp waits for one more.
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
fn an_error_stays() {
    let mut decoder = Decoder::new(Packet::LineLf).packet_size(2);
    let mut buffer = BytesMut::from("abc\nd\n");
    let error = decoder.decode(&mut buffer);
    assert!(error.is_err());
    assert_eq!(decoder.decode(&mut buffer), error);
    assert_eq!(buffer, "abc\nd\n");
}

#[test]
fn blocks_have_their_length() {
    let decoder = Decoder::new(Packet::RawExact(3));
    assert_eq!(frames(&decoder, b"abcd\nfgh"), (vec!["abc".into(), r"d\nf".into()], 2));
    assert_eq!(decoder.clone().find(b"ab"), Ok(Find::More(Some(3))));
    assert_eq!(decoder.clone().packet_size(3).find(b""), Ok(Find::More(Some(3))));
    // No byte has to arrive for this.
    assert!(matches!(
        decoder.packet_size(2).find(b""),
        Err(FrameError::TooLong {
            length: Some(3),
            packet_size: 2
        })
    ));
}

#[test]
fn raw_is_what_is_there() {
    for packet in [Packet::Raw, Packet::RawExact(0)] {
        let decoder = Decoder::new(packet).packet_size(2);
        assert_eq!(
            feed(decoder.clone(), [&b"abc"[..], b"", b"d"]),
            (vec!["abc".into(), "d".into()], None, 0)
        );
        assert_eq!(decoder.clone().find(b""), Ok(Find::More(None)));
    }
}

#[test]
fn a_new_mode_decodes_what_is_buffered_anew() {
    let mut decoder = Decoder::new(Packet::LineCrlf);
    let mut buffer = BytesMut::from("\x00\x03a\nb\x01");
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    decoder.set_packet(Packet::Two);
    assert_eq!(decoder.packet(), Packet::Two);
    assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap(), "a\nb");
    // The LF was searched for once before, in vain as the line had no CR LF; now it counts.
    let mut buffer = BytesMut::from("one\ntwo");
    decoder.set_packet(Packet::LineCrlf);
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    decoder.set_packet(Packet::LineLf);
    assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap(), "one");
    decoder.set_packet(Packet::Raw);
    assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap(), "two");
}

#[test]
fn bytes_taken_otherwise_are_told_by_reset() {
    let mut decoder = Decoder::new(Packet::LineLf);
    let mut buffer = BytesMut::from("four");
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    buffer.clear();
    decoder.reset();
    buffer.extend_from_slice(b"a\nb\nc\n");
    assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap(), "a");
    // Without it, a buffer that has become shorter is searched from its beginning nevertheless.
    assert_eq!(decoder.find(b"long without an end"), Ok(Find::More(None)));
    assert_eq!(decoder.find(b"b\n"), Ok(Find::Frame(Cut { frame: 0..1, end: 2 })));
}

/// A line that comes byte by byte is looked through once. The bytes that were looked at become line ends behind the
/// decoder's back, against its contract: one that looked at them again would find an end there.
#[test]
fn a_slow_line_is_searched_once() {
    const LENGTH: usize = 1024 * 1024;
    for (packet, terminator) in [
        (Packet::Line, &b"\n"[..]),
        (Packet::LineCrlf, b"\r\n"),
        (Packet::LineLf, b"\n"),
        (Packet::LineCrlfOrLf, b"\r\n"),
    ] {
        let mut decoder = Decoder::new(packet).packet_size(2 * LENGTH);
        let mut buffer = Vec::with_capacity(LENGTH + 2);
        for nth in 0..LENGTH {
            buffer.push(b'a');
            assert_eq!(
                decoder.find(&buffer),
                Ok(Find::More(None)),
                "{packet:?} looked again at byte {nth}"
            );
            // The last byte is looked at once more where it may be the CR of a CR LF.
            if let [.., cr, lf, _] = &mut buffer[..] {
                (*cr, *lf) = (b'\r', b'\n');
            }
        }
        buffer.extend_from_slice(terminator);
        let Ok(Find::Frame(cut)) = decoder.find(&buffer) else {
            panic!("{packet:?}: no line");
        };
        assert_eq!(cut.end, buffer.len(), "{packet:?}");
    }
}

/// The same for pieces of a long line: behind each piece the search goes on where it stopped.
#[test]
fn a_line_in_pieces_is_searched_once() {
    let mut decoder = Decoder::new(Packet::Line).line_length(10);
    let mut buffer = vec![b'a'; 1000];
    let mut start = 0;
    while let Find::Frame(cut) = decoder.find(&buffer[start..]).unwrap() {
        assert_eq!(cut, Cut { frame: 0..10, end: 10 });
        start += cut.end;
        buffer.fill(b'\n');
    }
    assert_eq!(start, 1000);
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

#[test]
fn replies_are_framed() {
    let parts: [&[u8]; 3] = [b"he", b"", b"llo"];
    for (packet, wire) in [
        (Packet::Raw, &b"hello"[..]),
        (Packet::RawExact(3), b"hello"),
        (Packet::One, b"\x05hello"),
        (Packet::Two, b"\x00\x05hello"),
        (Packet::Four, b"\x00\x00\x00\x05hello"),
        (Packet::Line, b"hello"),
        (Packet::LineCrlf, b"hello\r\n"),
        (Packet::LineLf, b"hello\n"),
        (Packet::LineCrlfOrLf, b"hello\r\n"),
    ] {
        let mut out = BytesMut::new();
        packet.encode(parts, &mut out).unwrap();
        assert_eq!(out, wire, "{packet:?}");
    }
}

#[test]
fn a_reply_that_its_header_cannot_say_is_refused_whole() {
    let long = vec![b'a'; 0x8000];
    let mut out = BytesMut::from("before");
    for (packet, parts, longest) in [
        (Packet::One, [&long[..255], &long[..1]], 0xff),
        (Packet::Two, [&long[..], &long[..]], 0xffff),
    ] {
        let error = packet.encode(parts, &mut out).unwrap_err();
        let length = longest + 1;
        assert_eq!(error, FrameError::ReplyTooLong { length, longest });
        assert_eq!(out, "before");
    }
    let error = Packet::One.encode([&long[..256]], &mut out).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reply of 256 bytes exceeds the 255 that its length header can say"
    );
    assert_eq!(kai_tcp_server::Error::from(error).kind(), ErrorKind::TooLong);
}
