//! One side of a recorded connection: its frames, and how much of them is written.

use super::frames::{Frames, Piece};
use crate::packet::Packet;

/// One side of a connection.
#[derive(Debug)]
pub(super) struct Direction {
    frames: Frames,
    /// The mode of its frames.
    packet: Packet,
    /// So many bytes are of the mode before that one.
    before: Option<(usize, Packet)>,
    /// The bytes of the present frame that are written.
    written: usize,
    /// The bytes that are left out, and not told.
    pub(super) left_out: u64,
}

impl Direction {
    pub(super) fn new(packet: Packet) -> Self {
        Direction {
            frames: Frames::default(),
            packet,
            before: None,
            written: 0,
            left_out: 0,
        }
    }

    /// Returns the mode of the next bytes, and how many of them are of it.
    pub(super) fn present(&self, bytes: usize) -> (Packet, usize) {
        match self.before {
            Some((before, packet)) => (packet, before.min(bytes)),
            None => (self.packet, bytes),
        }
    }

    /// Cuts the next piece off, and says how much of it is written.
    pub(super) fn next(&mut self, frame_size: usize, bytes: &[u8]) -> (Piece, usize) {
        let (packet, present) = self.present(bytes.len());
        let mut piece = self.frames.cut(packet, &bytes[..present]);
        if let Some((before, _)) = &mut self.before {
            *before -= piece.length;
            if *before == 0 {
                self.before = None;
                self.frames.restart();
                piece.ends = true;
            }
        }
        let kept = piece.length.min(frame_size - self.written.min(frame_size));
        self.written = if piece.ends { 0 } else { self.written + kept };
        self.left_out += (piece.length - kept) as u64;
        (piece, kept)
    }

    /// Goes on in another mode, which holds for what came `ahead`, but not for what is `unsent`.
    pub(super) fn go_on(&mut self, packet: Packet, unsent: usize, mut ahead: &[u8]) {
        if unsent > 0 {
            // Of two changes that wait, the first one is forgotten: lines may break elsewhere.
            self.before = Some((unsent, self.packet));
        } else {
            self.restart();
        }
        self.packet = packet;
        while !ahead.is_empty() {
            let piece = self.frames.cut(packet, ahead);
            ahead = &ahead[piece.length..];
        }
    }

    /// Goes on with a frame.
    pub(super) fn restart(&mut self) {
        self.frames.restart();
        self.before = None;
    }
}
