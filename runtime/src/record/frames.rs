//! The frames in what one side says: where the lines of a recording break. Nothing depends on it
//! but how a recording reads: all bytes are in it, whatever frames they are.

use std::ops::Range;

use crate::packet::{Cut, Decoder, Find, Packet};

/// The most bytes of an unfinished header that are kept.
const HEAD: usize = 64;

/// The frames of one side.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The number of bytes that are left of a frame whose length is known.
    left: usize,
    /// A header that isn't whole yet; its bytes are written already.
    head: Vec<u8>,
}

/// A frame, or a part of one, at the front of what was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) length: usize,
    /// The place of the frame's own bytes, if the piece is all of a frame.
    pub(super) payload: Option<Range<usize>>,
    /// A frame ends here, as far as it is known.
    pub(super) ends: bool,
}

impl Frames {
    /// The frames are others from here on.
    pub(super) fn restart(&mut self) {
        *self = Frames::default();
    }

    /// Cuts a piece off `bytes`, which aren't empty.
    pub(super) fn cut(&mut self, packet: Packet, bytes: &[u8]) -> Piece {
        if self.left > 0 {
            let length = self.left.min(bytes.len());
            self.left -= length;
            return Piece {
                length,
                payload: None,
                ends: self.left == 0,
            };
        }
        if is_by_lines(packet) {
            return match memchr::memchr(b'\n', bytes) {
                Some(end) => line(packet, &bytes[..=end]),
                // Under `raw` a frame is what was read.
                None => part(bytes.len(), packet == Packet::Raw),
            };
        }
        if !self.head.is_empty() {
            return self.go_on(packet, bytes);
        }
        match Decoder::new(packet).find(bytes) {
            Ok(Find::Frame(Cut { frame, end })) => Piece {
                length: end.clamp(1, bytes.len()),
                payload: Some(frame),
                ends: true,
            },
            Ok(Find::More(Some(whole))) => {
                self.left = whole.saturating_sub(bytes.len());
                part(bytes.len(), false)
            }
            Ok(Find::More(None)) if bytes.len() <= HEAD => {
                self.head.extend_from_slice(bytes);
                part(bytes.len(), false)
            }
            Ok(Find::More(None)) | Err(_) => part(bytes.len(), true),
        }
    }

    /// Goes on behind a part of a header.
    fn go_on(&mut self, packet: Packet, bytes: &[u8]) -> Piece {
        let before = self.head.len();
        let more = bytes.len().min(HEAD);
        self.head.extend_from_slice(&bytes[..more]);
        let found = Decoder::new(packet).find(&self.head);
        let whole = match found {
            Ok(Find::Frame(Cut { end, .. })) => end,
            Ok(Find::More(Some(whole))) => whole,
            Ok(Find::More(None)) if self.head.len() <= HEAD => return part(more, false),
            Ok(Find::More(None)) | Err(_) => {
                self.head.clear();
                return part(bytes.len(), true);
            }
        };
        self.head.clear();
        self.left = whole.saturating_sub(before);
        if self.left == 0 {
            // The frame has ended before these bytes, so they are of another one.
            return part(bytes.len(), true);
        }
        self.cut(packet, bytes)
    }
}

fn part(length: usize, ends: bool) -> Piece {
    Piece {
        length,
        payload: None,
        ends,
    }
}

fn line(packet: Packet, line: &[u8]) -> Piece {
    let end = packet.line_end();
    let is_whole = !end.is_empty() && line.ends_with(end);
    Piece {
        length: line.len(),
        payload: is_whole.then(|| 0..line.len() - end.len()),
        ends: true,
    }
}

fn is_by_lines(packet: Packet) -> bool {
    !packet.line_end().is_empty() || packet == Packet::Raw
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the pieces of what comes in these reads.
    fn cut(packet: Packet, reads: &[&[u8]]) -> Vec<(Vec<u8>, bool)> {
        let (mut frames, mut pieces) = (Frames::default(), Vec::new());
        for read in reads {
            let mut rest = *read;
            while !rest.is_empty() {
                let piece = frames.cut(packet, rest);
                assert!(piece.length > 0 && piece.length <= rest.len());
                pieces.push((rest[..piece.length].to_vec(), piece.ends));
                rest = &rest[piece.length..];
            }
        }
        pieces
    }

    #[test]
    fn a_line_is_a_frame() {
        let pieces = cut(Packet::LineCrlf, &[b"a\r\nb", b"c\r\n"]);
        assert_eq!(
            pieces,
            [
                (b"a\r\n".to_vec(), true),
                (b"b".to_vec(), false),
                (b"c\r\n".to_vec(), true)
            ]
        );
    }

    #[test]
    fn frames_behind_a_length_are_found_however_they_come() {
        let bytes = b"\x00\x03abc\x00\x00\x00\x02de";
        for at in 1..bytes.len() {
            let (first, second) = bytes.split_at(at);
            let pieces = cut(Packet::Two, &[first, second]);
            assert_eq!(pieces.iter().flat_map(|(bytes, _)| bytes).count(), bytes.len());
            let ends = pieces.iter().filter(|(_, ends)| *ends).count();
            assert_eq!(ends, 3, "split at {at}: {pieces:?}");
        }
    }

    #[test]
    fn what_is_no_frame_is_a_piece_of_its_own() {
        let bytes = b"this begins as no message of CORBA does";
        assert_eq!(cut(Packet::Cdr, &[bytes]), [(bytes.to_vec(), true)]);
    }
}
