//! The cost of slow input.

use kai_tcp_server::Packet;
use kai_tcp_server::packet::{Cut, Decoder, Find};

/// A line that arrives byte by byte is searched once. The test turns the bytes already searched
/// into line ends, against the decoder's contract: a decoder that searched them again would find an
/// end there.
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
            // The last byte is searched once more if it may be the CR of a CR LF.
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

/// The same holds for pieces of a long line: after each piece the search continues where it
/// stopped.
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
