//! The queue of what is sent from where it lies, before the write buffer.
//!
//! It is a part of the stream's cold state, though only the writer uses it: a pointer of its own
//! would cost each idle connection 8 bytes.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};

/// Large parts of replies, and what was to be sent before each.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pieces: VecDeque<Bytes>,
    bytes: usize,
}

impl Queue {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        self.pieces.iter()
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.pieces.push_back(piece);
    }

    /// Drops what was sent of the queue; returns what was sent beyond it.
    pub(super) fn advance(&mut self, mut sent: usize) -> usize {
        while let Some(first) = self.pieces.front_mut() {
            let n = sent.min(first.len());
            first.advance(n);
            self.bytes -= n;
            sent -= n;
            if !first.is_empty() {
                break;
            }
            self.pieces.pop_front();
        }
        sent
    }
}
