//! This thread's spare buffers, boxed, as what changes hands so often had better be small.
//!
//! A connection takes a buffer when there is something to read or write and gives it back when there isn't, so an idle one
//! holds none, and a busy one doesn't allocate. One that needs more than a buffer holds changes it for one of four times the size,
//! up to [`LARGEST`]: so frames up to half of that cost no allocation either.

#![allow(clippy::unnecessary_box_returns, clippy::vec_box)] // the boxes are what is taken and given

use std::cell::{Cell, RefCell};

use bytes::BytesMut;

/// The size of a buffer, and so the most that a first read takes where no frame is longer.
pub(crate) const BUFFER: usize = 16 * 1024;

/// That of the next larger ones: the most that is read where the read before filled its buffer.
pub(crate) const LARGER: usize = size(1);

/// How many buffers of each size a thread keeps beside the last one, from [`BUFFER`] on, each four times the one before: what the
/// connections that it polls have in hand at one time, and some more. All together, those that came last too, they are less than a MiB;
/// but what is left of a larger buffer, of which somebody keeps the front, counts as one of its own length.
const SPARE: [usize; 3] = [15, 5, 0];

/// No buffer larger than this is kept.
const LARGEST: usize = size(SPARE.len() - 1);

const fn size(class: usize) -> usize {
    BUFFER << (2 * class)
}

thread_local! {
    /// That of each size which came back last: what is taken and given for every call costs no more than that it changes hands.
    static LAST: [Cell<Option<Box<BytesMut>>>; SPARE.len()] = const { [const { Cell::new(None) }; SPARE.len()] };
    static BUFFERS: RefCell<Spare> = const { RefCell::new([const { Vec::new() }; SPARE.len()]) };
}

/// An empty buffer with space for [`BUFFER`] bytes.
#[inline]
pub(crate) fn take() -> Box<BytesMut> {
    take_class(0)
}

/// An empty buffer with space for [`LARGER`] bytes.
#[inline]
pub(crate) fn take_larger() -> Box<BytesMut> {
    take_class(1)
}

#[inline]
fn take_class(class: usize) -> Box<BytesMut> {
    // An error where the thread ends.
    let last = LAST.try_with(|last| last[class].take()).ok().flatten();
    last.unwrap_or_else(|| take_spare(class))
}

fn take_spare(class: usize) -> Box<BytesMut> {
    let mut buffer = spare(|spare| spare[class].pop()).flatten().unwrap_or_default();
    if buffer.capacity() == 0 {
        *buffer = new(class);
    }
    buffer
}

#[cold]
fn new(class: usize) -> BytesMut {
    let mut buffer = BytesMut::with_capacity(size(class));
    // The count of references, which the first frame that is split off would allocate, is allocated now.
    drop(buffer.split());
    buffer
}

type Spare = [Vec<Box<BytesMut>>; SPARE.len()];

/// What this thread keeps beside; None where it ends.
fn spare<T>(act: impl FnOnce(&mut Spare) -> T) -> Option<T> {
    BUFFERS.try_with(|spare| act(&mut spare.borrow_mut())).ok()
}

#[inline]
fn keep(class: usize, buffer: Box<BytesMut>) {
    if let Ok(Some(earlier)) = LAST.try_with(|last| last[class].replace(Some(buffer))) {
        keep_spare(class, earlier);
    }
}

fn keep_spare(class: usize, buffer: Box<BytesMut>) {
    spare(|spare| {
        if spare[class].len() < SPARE[class] {
            spare[class].push(buffer);
        }
    });
}

/// Takes a buffer back, unless there are enough. Of one that is of another size, or of which somebody keeps a part, that is the box.
#[inline]
pub(crate) fn give(mut buffer: Box<BytesMut>) {
    buffer.clear();
    // As it was taken, as nearly all are.
    match buffer.capacity() {
        BUFFER => keep(0, buffer),
        LARGER => keep(1, buffer),
        _ => give_other(buffer),
    }
}

fn give_other(mut buffer: Box<BytesMut>) {
    // An empty buffer that nobody shares can be as long again as it ever was, and no longer.
    let class = if buffer.try_reclaim(LARGEST + 1) {
        None
    } else {
        (0..SPARE.len())
            .take_while(|&class| buffer.try_reclaim(size(class)))
            .last()
    };
    if let Some(class) = class {
        keep(class, buffer);
    } else {
        // A box without a buffer isn't what is taken next: only there, beside, it gets one again.
        *buffer = BytesMut::new();
        keep_spare(0, buffer);
    }
}

/// Whether an empty buffer is as it was taken, or can be again, as nobody keeps a part of it.
#[inline]
pub(crate) fn is_whole(buffer: &mut BytesMut) -> bool {
    matches!(buffer.capacity(), BUFFER | LARGER | LARGEST)
        || buffer.try_reclaim(LARGER)
        || (buffer.capacity() <= BUFFER && buffer.try_reclaim(BUFFER))
}

/// Makes space for so many bytes more, in a larger buffer if need be.
#[inline]
pub(crate) fn reserve(buffer: &mut BytesMut, additional: usize) {
    if !buffer.try_reclaim(additional) {
        grow(buffer, additional);
    }
}

fn grow(buffer: &mut BytesMut, additional: usize) {
    let needed = buffer.len().saturating_add(additional);
    match (0..SPARE.len()).find(|&class| needed <= size(class)) {
        Some(class) => {
            let mut larger = take_class(class);
            larger.extend_from_slice(buffer);
            std::mem::swap(buffer, &mut larger);
            give(larger);
        }
        None => buffer.reserve(additional),
    }
}

/// Adds bytes to the end.
pub(crate) fn append(buffer: &mut BytesMut, bytes: &[u8]) {
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
}
