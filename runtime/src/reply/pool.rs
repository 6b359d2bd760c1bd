//! The pool: spare buffers of a thread. They are boxed, because they change hands often and so
//! should be small.
//!
//! A connection takes a buffer while it has bytes to read or write, and returns it afterwards. So
//! an idle connection holds no buffer, and a busy one doesn't allocate. A connection that needs
//! more space exchanges its buffer for one of four times the size, up to the largest size here:
//! frames of up to half that size cost no allocation either.

#![allow(clippy::unnecessary_box_returns, clippy::vec_box)] // the boxes are what is taken and given

use std::cell::{Cell, RefCell};
use std::ops::{Deref, DerefMut};

use bytes::BytesMut;

/// The size of a buffer in bytes. The first read takes at most this much unless a frame is longer.
pub(crate) const BUFFER: usize = 16 * 1024;

/// The next larger size in bytes. A read takes at most this much after one that filled its buffer.
pub(crate) const LARGER: usize = size(1);

/// The number of spare buffers per size that a thread keeps beside the last one: sizes begin at
/// [`BUFFER`], and each is four times the previous. The numbers cover the connections that the
/// thread polls at one time, and some more. All buffers together, the last ones included, are less
/// than 1 MiB: the pool keeps only whole allocations, never the rest of a larger one.
const SPARE: [usize; 3] = [15, 5, 0];

const fn size(class: usize) -> usize {
    BUFFER << (2 * class)
}

/// A buffer of the pool. It remembers its original allocation, because the rest of a larger one can
/// be as long as a whole smaller one.
#[derive(Debug, Default)]
pub(crate) struct Pooled {
    bytes: BytesMut,
    /// The begin and the size of the allocation in bytes; the size is 0 if the allocation isn't the
    /// pool's.
    begin: usize,
    size: usize,
}

impl Pooled {
    #[cold]
    fn new(size: usize) -> Self {
        let mut bytes = BytesMut::with_capacity(size);
        // Allocate the reference count now; otherwise the first frame that is split off would.
        drop(bytes.split());
        let begin = bytes.as_ptr().addr();
        Pooled { bytes, begin, size }
    }

    /// Returns whether the buffer has its whole allocation, so that no other handle holds a part of
    /// it.
    #[inline]
    fn is_as_taken(&self) -> bool {
        self.bytes.capacity() == self.size && self.bytes.as_ptr().addr() == self.begin
    }

    /// Returns the same, for an allocation of this size.
    #[inline]
    pub(crate) fn is_as_taken_with(&self, size: usize) -> bool {
        self.size == size && self.is_as_taken()
    }

    /// Takes its whole allocation back; returns false if the buffer isn't empty or another handle
    /// holds a part.
    fn reclaims(&mut self) -> bool {
        self.size > 0 && self.bytes.try_reclaim(self.size) && self.is_as_taken()
    }

    /// Returns whether the buffer is empty and has its whole allocation, or can have it again
    /// because no other handle holds a part.
    #[inline]
    pub(crate) fn is_whole(&mut self) -> bool {
        self.is_as_taken() || self.reclaims() || (self.size == 0 && self.bytes.try_reclaim(LARGER))
    }

    /// Returns whether the allocation is larger than [`BUFFER`].
    pub(crate) fn has_grown(&mut self) -> bool {
        // A codec may have grown it.
        self.size != BUFFER || self.bytes.try_reclaim(2 * BUFFER)
    }
}

impl Deref for Pooled {
    type Target = BytesMut;

    fn deref(&self) -> &BytesMut {
        &self.bytes
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }
}

/// Clones the bytes into an allocation that isn't the pool's.
impl Clone for Pooled {
    fn clone(&self) -> Self {
        Pooled {
            bytes: self.bytes.clone(),
            ..Pooled::default()
        }
    }
}

thread_local! {
    /// The last buffer of each size that came back. Code that takes and returns a buffer for every
    /// call costs only a move.
    static LAST: [Cell<Option<Box<Pooled>>>; SPARE.len()] = const { [const { Cell::new(None) }; SPARE.len()] };
    static BUFFERS: RefCell<Spare> = const { RefCell::new([const { Vec::new() }; SPARE.len()]) };
}

/// Returns an empty buffer with space for [`BUFFER`] bytes.
#[inline]
pub(crate) fn take() -> Box<Pooled> {
    take_class(0)
}

/// Returns an empty buffer with space for [`LARGER`] bytes.
#[inline]
pub(crate) fn take_larger() -> Box<Pooled> {
    take_class(1)
}

#[inline]
fn take_class(class: usize) -> Box<Pooled> {
    // The access fails while the thread ends.
    let last = LAST.try_with(|last| last[class].take()).ok().flatten();
    last.unwrap_or_else(|| take_spare(class))
}

fn take_spare(class: usize) -> Box<Pooled> {
    let mut buffer = spare(|spare| spare[class].pop()).flatten().unwrap_or_default();
    if buffer.size == 0 {
        *buffer = Pooled::new(size(class));
    }
    buffer
}

type Spare = [Vec<Box<Pooled>>; SPARE.len()];

/// Calls `act` with this thread's spare buffers; returns `None` while the thread ends.
fn spare<T>(act: impl FnOnce(&mut Spare) -> T) -> Option<T> {
    BUFFERS.try_with(|spare| act(&mut spare.borrow_mut())).ok()
}

#[inline]
fn keep(class: usize, buffer: Box<Pooled>) {
    if let Ok(Some(earlier)) = LAST.try_with(|last| last[class].replace(Some(buffer))) {
        keep_spare(class, earlier);
    }
}

fn keep_spare(class: usize, buffer: Box<Pooled>) {
    spare(|spare| {
        if spare[class].len() < SPARE[class] {
            spare[class].push(buffer);
        }
    });
}

/// Takes back a buffer, unless there are enough. If it has another size or another handle holds a
/// part of it, only the box is kept.
#[inline]
pub(crate) fn give(mut buffer: Box<Pooled>) {
    buffer.clear();
    if !buffer.is_as_taken() {
        return give_other(buffer);
    }
    match buffer.size {
        BUFFER => keep(0, buffer),
        LARGER => keep(1, buffer),
        _ => give_other(buffer),
    }
}

fn give_other(mut buffer: Box<Pooled>) {
    let class = (0..SPARE.len()).find(|&class| buffer.size == size(class));
    match class {
        Some(class) if buffer.reclaims() => keep(class, buffer),
        _ => {
            // A box without a buffer goes to the spares, not to the last ones: only `take_spare`
            // gives it a buffer again.
            *buffer = Pooled::default();
            keep_spare(0, buffer);
        }
    }
}

/// Makes space for `additional` bytes, in a larger buffer if necessary.
#[inline]
pub(crate) fn reserve(buffer: &mut Pooled, additional: usize) {
    if !buffer.try_reclaim(additional) {
        grow(buffer, additional);
    }
}

fn grow(buffer: &mut Pooled, additional: usize) {
    let needed = buffer.len().saturating_add(additional);
    if let Some(class) = (0..SPARE.len()).find(|&class| needed <= size(class)) {
        let mut larger = take_class(class);
        larger.extend_from_slice(buffer);
        std::mem::swap(buffer, &mut *larger);
        give(larger);
    } else {
        buffer.reserve(additional);
        // It is larger than all sizes that the pool keeps.
        (buffer.begin, buffer.size) = (0, 0);
    }
}

/// Appends bytes.
pub(crate) fn append(buffer: &mut Pooled, bytes: &[u8]) {
    reserve(buffer, bytes.len());
    buffer.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_keeps_is_less_than_a_mib() {
        let kept = SPARE.iter().enumerate().map(|(class, spare)| (spare + 1) * size(class));
        assert!(kept.sum::<usize>() < 1024 * 1024);
        // The pool keeps as many as the figures say.
        let taken: Vec<_> = (0..SPARE.len())
            .flat_map(|class| (0..99).map(move |_| take_class(class)))
            .collect();
        taken.into_iter().for_each(give);
        for (class, kept) in SPARE.iter().enumerate() {
            assert_eq!(spare(|spare| spare[class].len()), Some(*kept));
            assert_eq!(take_class(class).capacity(), size(class));
        }
    }

    /// Only the box of such a buffer comes back, and the next `take` must still return all its
    /// space.
    #[test]
    fn what_is_taken_has_its_space_though_somebody_keeps_a_part_of_what_came_back() {
        let mut taken = [(); 3].map(|()| take());
        let kept = taken.each_mut().map(|buffer| {
            buffer.extend_from_slice(b"kept");
            buffer.split()
        });
        taken.into_iter().for_each(give);
        let again = [(); 3].map(|()| take());
        assert!(again.iter().all(|buffer| buffer.capacity() == BUFFER));
        assert!(kept.iter().all(|kept| kept == "kept"));
    }

    /// Makes a buffer of each size whose front was split off, so that the rest is as long as a
    /// smaller buffer.
    fn rests() -> impl Iterator<Item = (Box<Pooled>, BytesMut, usize)> {
        [(1, 0), (2, 0), (2, 1)].into_iter().map(|(class, as_long_as)| {
            let mut buffer = take_class(class);
            buffer.resize(size(class) - size(as_long_as), b'x');
            let front = buffer.split();
            assert_eq!(buffer.capacity(), size(as_long_as));
            (buffer, front, class)
        })
    }

    #[test]
    fn what_is_left_of_a_larger_buffer_is_kept_as_the_larger_one_that_it_is() {
        for (rest, front, class) in rests() {
            let begin = rest.begin;
            drop(front);
            give(rest);
            assert!((0..class).all(|smaller| take_class(smaller).begin != begin));
            assert_eq!(take_class(class).begin, begin);
        }
    }

    #[test]
    fn what_is_left_of_a_larger_buffer_is_not_kept_while_somebody_has_its_front() {
        for (rest, front, _) in rests() {
            let begin = rest.begin;
            give(rest);
            assert!((0..SPARE.len()).all(|class| take_class(class).begin != begin));
            drop(front);
        }
    }

    #[test]
    fn what_grew_beyond_the_largest_is_not_kept() {
        for left in (0..SPARE.len()).map(size) {
            let mut buffer = take();
            append(&mut buffer, &vec![b'x'; size(SPARE.len())]);
            let all = buffer.capacity();
            buffer.resize(all - left, b'x');
            drop(buffer.split());
            assert_eq!(buffer.capacity(), left);
            give(buffer);
            // Only its box came back.
            assert!(LAST.with(|last| last.iter().all(|last| last.take().is_none())));
            assert!(spare(|spare| spare.iter().flatten().all(|buffer| buffer.size == 0)).unwrap());
        }
    }
}
