//! This thread's spare buffers, boxed, as what changes hands so often had better be small.
//!
//! A connection takes a buffer when there is something to read or write and gives it back when there isn't, so an idle one
//! holds none, and a busy one doesn't allocate. One that needs more than a buffer holds changes it for one of four times the size,
//! up to the largest of these: so frames up to half of that cost no allocation either.

#![allow(clippy::unnecessary_box_returns, clippy::vec_box)] // the boxes are what is taken and given

use std::cell::{Cell, RefCell};
use std::ops::{Deref, DerefMut};

use bytes::BytesMut;

/// The size of a buffer, and so the most that a first read takes where no frame is longer.
pub(crate) const BUFFER: usize = 16 * 1024;

/// That of the next larger ones: the most that is read where the read before filled its buffer.
pub(crate) const LARGER: usize = size(1);

/// How many buffers of each size a thread keeps beside the last one, from [`BUFFER`] on, each four times the one before: what the
/// connections that it polls have in hand at one time, and some more. All together, those that came last too, they are less than a MiB:
/// only whole allocations are kept, never what is left of a larger one.
const SPARE: [usize; 3] = [15, 5, 0];

const fn size(class: usize) -> usize {
    BUFFER << (2 * class)
}

/// A buffer of the pool, which knows the allocation that it was taken with: a part of one can be as long as a whole other.
#[derive(Debug, Default)]
pub(crate) struct Pooled {
    bytes: BytesMut,
    /// Where the allocation begins, and how long it is; 0 if the buffer has none of the pool's.
    begin: usize,
    size: usize,
}

impl Pooled {
    #[cold]
    fn new(size: usize) -> Self {
        let mut bytes = BytesMut::with_capacity(size);
        // The count of references, which the first frame that is split off would allocate, is allocated now.
        drop(bytes.split());
        let begin = bytes.as_ptr().addr();
        Pooled { bytes, begin, size }
    }

    /// Whether it has its whole allocation, so that nobody else has a part of it.
    #[inline]
    fn is_as_taken(&self) -> bool {
        self.bytes.capacity() == self.size && self.bytes.as_ptr().addr() == self.begin
    }

    /// The same, of this size.
    #[inline]
    pub(crate) fn is_as_taken_with(&self, size: usize) -> bool {
        self.size == size && self.is_as_taken()
    }

    /// Takes its whole allocation back, if it is empty and nobody keeps a part of it.
    fn reclaims(&mut self) -> bool {
        self.size > 0 && self.bytes.try_reclaim(self.size) && self.is_as_taken()
    }

    /// Whether it is empty and as it was taken, or can be again, as nobody keeps a part of it.
    #[inline]
    pub(crate) fn is_whole(&mut self) -> bool {
        self.is_as_taken() || self.reclaims() || (self.size == 0 && self.bytes.try_reclaim(LARGER))
    }

    /// Whether its allocation is larger than [`BUFFER`].
    pub(crate) fn has_grown(&mut self) -> bool {
        // A codec may have made it grow.
        self.size != BUFFER || self.bytes.try_reclaim(2 * BUFFER)
    }
}

impl Deref for Pooled {
    type Target = BytesMut;

    #[inline]
    fn deref(&self) -> &BytesMut {
        &self.bytes
    }
}

impl DerefMut for Pooled {
    #[inline]
    fn deref_mut(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }
}

/// Its bytes, in an allocation that isn't the pool's.
impl Clone for Pooled {
    fn clone(&self) -> Self {
        Pooled {
            bytes: self.bytes.clone(),
            ..Pooled::default()
        }
    }
}

thread_local! {
    /// That of each size which came back last: what is taken and given for every call costs no more than that it changes hands.
    static LAST: [Cell<Option<Box<Pooled>>>; SPARE.len()] = const { [const { Cell::new(None) }; SPARE.len()] };
    static BUFFERS: RefCell<Spare> = const { RefCell::new([const { Vec::new() }; SPARE.len()]) };
}

/// An empty buffer with space for [`BUFFER`] bytes.
#[inline]
pub(crate) fn take() -> Box<Pooled> {
    take_class(0)
}

/// An empty buffer with space for [`LARGER`] bytes.
#[inline]
pub(crate) fn take_larger() -> Box<Pooled> {
    take_class(1)
}

#[inline]
fn take_class(class: usize) -> Box<Pooled> {
    // An error where the thread ends.
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

/// What this thread keeps beside; None where it ends.
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

/// Takes a buffer back, unless there are enough. Of one that is of another size, or of which somebody keeps a part, that is the box.
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
            // A box without a buffer isn't what is taken next: only there, beside, it gets one again.
            *buffer = Pooled::default();
            keep_spare(0, buffer);
        }
    }
}

/// Makes space for so many bytes more, in a larger buffer if need be.
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
        // Larger than all that is kept.
        (buffer.begin, buffer.size) = (0, 0);
    }
}

/// Adds bytes to the end.
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
        // As it is counted, it is kept.
        let taken: Vec<_> = (0..SPARE.len())
            .flat_map(|class| (0..99).map(move |_| take_class(class)))
            .collect();
        taken.into_iter().for_each(give);
        for (class, kept) in SPARE.iter().enumerate() {
            assert_eq!(spare(|spare| spare[class].len()), Some(*kept));
            assert_eq!(take_class(class).capacity(), size(class));
        }
    }

    /// Of such a buffer the box alone comes back, and whoever takes that is to have all its space.
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

    /// A buffer of each size, of which the front was taken off so that as much is left as a smaller one has.
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
            // Nothing but its box came back.
            assert!(LAST.with(|last| last.iter().all(|last| last.take().is_none())));
            assert!(spare(|spare| spare.iter().flatten().all(|buffer| buffer.size == 0)).unwrap());
        }
    }
}
