//! Blocks, raw bytes, and changes of mode while there is input.

use bytes::BytesMut;
use kai_tcp_server::Packet;
use kai_tcp_server::packet::{Cut, Decoder, Find, FrameError};

use super::{feed, frames};

#[test]
fn blocks_have_their_length() {
    let decoder = Decoder::new(Packet::RawExact(3));
    assert_eq!(frames(&decoder, b"abcd\nfgh"), (vec!["abc".into(), r"d\nf".into()], 2));
    assert_eq!(decoder.clone().find(b"ab"), Ok(Find::More(Some(3))));
    assert_eq!(decoder.clone().packet_size(3).find(b""), Ok(Find::More(Some(3))));
    // This needs no byte.
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
    // The first search skipped the LF, as the line had no CR LF. In this mode it counts.
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
    // Without it, a buffer that has become shorter is still searched from its start.
    assert_eq!(decoder.find(b"long without an end"), Ok(Find::More(None)));
    assert_eq!(decoder.find(b"b\n"), Ok(Find::Frame(Cut { frame: 0..1, end: 2 })));
}
