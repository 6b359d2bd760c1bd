//! This thread's spare buffers.
//!
//! A connection takes a buffer when there is something to read or write and gives it back when there isn't, so an idle one
//! holds none, and a busy one doesn't allocate.

use std::cell::RefCell;

use bytes::BytesMut;

/// The size of a buffer, and so the most that one read takes.
pub(crate) const BUFFER: usize = 16 * 1024;

/// How many buffers a thread keeps: what the connections that it polls have in hand at one time, and some more.
const SPARE: usize = 8;

thread_local! {
    static BUFFERS: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer with space for [`BUFFER`] bytes.
pub(crate) fn take() -> BytesMut {
    BUFFERS
        .with_borrow_mut(Vec::pop)
        .unwrap_or_else(|| BytesMut::with_capacity(BUFFER))
}

/// Takes a buffer back, unless it is of another size, or somebody keeps a part of it, or there are enough.
pub(crate) fn give(mut buffer: BytesMut) {
    buffer.clear();
    let whole = buffer.try_reclaim(BUFFER) && buffer.capacity() <= 2 * BUFFER;
    BUFFERS.with_borrow_mut(|spare| {
        if whole && spare.len() < SPARE {
            spare.push(buffer);
        }
    });
}
