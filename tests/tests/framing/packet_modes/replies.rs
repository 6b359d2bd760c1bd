//! The bytes that a mode adds to replies.

use bytes::BytesMut;
use kai_tcp_server::packet::FrameError;
use kai_tcp_server::{ErrorKind, Packet};

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
        (Packet::Asn1, b"hello"),
        (Packet::Cdr, b"hello"),
        (Packet::Sunrm, b"hello"),
        (Packet::Fcgi, b"hello"),
        (Packet::Tpkt, b"hello"),
        (Packet::Http, b"hello"),
        (Packet::Httph, b"hello"),
    ] {
        let mut out = BytesMut::new();
        packet.encode(parts, &mut out).unwrap();
        assert_eq!(out, wire, "{packet:?}");
    }
}

#[test]
fn a_reply_of_nothing_is_a_frame_too() {
    for (packet, wire) in [
        (Packet::Raw, &b""[..]),
        (Packet::One, b"\x00"),
        (Packet::Four, b"\x00\x00\x00\x00"),
        (Packet::LineCrlf, b"\r\n"),
        (Packet::LineLf, b"\n"),
    ] {
        let mut out = BytesMut::new();
        packet.encode([], &mut out).unwrap();
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
        "reply of 256 bytes exceeds the 255 bytes that its length header can express"
    );
    assert_eq!(kai_tcp_server::Error::from(error).kind(), ErrorKind::ReplyTooLong);
}
