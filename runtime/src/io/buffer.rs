//! The read buffer: bytes that were read and not handled yet.

use bytes::{Buf as _, BytesMut};

use crate::reply::pool::{self, Pooled};

/// The bytes that were read and not handled yet. It holds memory only while it holds bytes.
///
/// What was handled in place is passed over rather than taken off, so that a buffer of which
/// nothing is kept goes back to the pool as it came.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Option<Box<Pooled>>,
    /// The number of bytes at the front that were handled.
    start: usize,
}

impl Buffer {
    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.as_ref().map_or(&[], |bytes| &bytes[self.start..])
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes.as_ref().map_or(0, |bytes| bytes.len() - self.start)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether there is no space behind what came.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.len() == bytes.capacity())
    }

    /// Passes over what was handled.
    #[inline]
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n;
        if let Some(bytes) = &mut self.bytes
            && self.start >= bytes.len()
        {
            bytes.clear();
            self.start = 0;
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        if let Some(bytes) = &mut self.bytes {
            bytes.clear();
        }
        self.start = 0;
    }

    /// Takes bytes off the front.
    pub(super) fn split_to(&mut self, n: usize) -> BytesMut {
        self.bytes().split_to(n)
    }

    /// Lends the bytes that aren't handled, and nothing else.
    pub(super) fn bytes(&mut self) -> &mut BytesMut {
        self.bytes_or(pool::take)
    }

    #[inline]
    fn bytes_or(&mut self, take: fn() -> Box<Pooled>) -> &mut Pooled {
        let bytes = self.bytes.get_or_insert_with(take);
        if self.start > 0 {
            bytes.advance(self.start);
            self.start = 0;
        }
        bytes
    }

    /// Adds bytes as if they had been read.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        pool::append(self.bytes_or(pool::take), bytes);
    }

    /// Lends the same, with space to read into; `much` of it, or as usual.
    #[inline]
    pub(super) fn space(&mut self, much: bool) -> &mut BytesMut {
        let least = pool::BUFFER / 4;
        let (bytes, space) = if much {
            let bytes = self.bytes_or(pool::take_larger);
            let space = pool::LARGER.saturating_sub(bytes.len());
            (bytes, space.max(least))
        } else {
            (self.bytes_or(pool::take), least)
        };
        if bytes.capacity() - bytes.len() < space {
            pool::reserve(bytes, space);
        }
        bytes
    }

    /// Returns whether the buffer is empty and as large as the one that `space` would take, were it
    /// given back before.
    #[inline]
    pub(super) fn is_fresh(&self, much: bool) -> bool {
        let size = if much { pool::LARGER } else { pool::BUFFER };
        self.bytes
            .as_ref()
            .is_some_and(|bytes| bytes.is_empty() && bytes.is_as_taken_with(size))
    }

    /// Gives an empty buffer back to the pool. One of which a part is still held can't go there: it
    /// is read into until the call has ended that may hold the part.
    #[inline]
    pub(super) fn tidy(&mut self) {
        if self.is_empty()
            && let Some(bytes) = self.bytes.take_if(|bytes| bytes.is_whole())
        {
            self.start = 0;
            pool::give(bytes);
        }
    }

    /// Gives back what a connection that waits doesn't need: an empty buffer, though a part of it
    /// is held elsewhere, and one that grew for a long frame and has little in it.
    #[inline]
    pub(super) fn rest(&mut self) {
        if self.is_empty() {
            self.start = 0;
            if let Some(bytes) = self.bytes.take() {
                pool::give(bytes);
            }
        } else {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        let bytes = self.bytes_or(pool::take);
        if bytes.len() <= pool::BUFFER / 2 && bytes.has_grown() {
            let mut fresh = pool::take();
            fresh.extend_from_slice(bytes);
            std::mem::swap(bytes, &mut *fresh);
            pool::give(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_it_waits_a_little_of_the_next_frame_holds_no_large_buffer_though_somebody_keeps_a_part_of_it() {
        for frame in [pool::LARGER - pool::BUFFER, 1024 * 1024] {
            let mut buffer = Buffer::default();
            let bytes = buffer.bytes_or(pool::take_larger);
            pool::append(bytes, &vec![b'x'; frame]);
            pool::append(bytes, b"y");
            let kept = buffer.split_to(frame);
            buffer.rest();
            assert_eq!(buffer.as_slice(), b"y");
            drop(kept);
            assert!(
                !buffer.bytes().try_reclaim(2 * pool::BUFFER),
                "it has a usual buffer of its own"
            );
        }
    }
}
