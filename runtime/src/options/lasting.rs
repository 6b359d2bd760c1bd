//! Text and lists that last as long as the process, as `Options` is `Copy`.

use std::sync::{Mutex, PoisonError};

use crate::options::cidr::Cidr;

/// Text that lasts as long as the process.
pub(super) fn text(text: &str) -> &'static str {
    str::from_utf8(list(text.as_bytes())).unwrap_or_default()
}

/// What lasts as long as the process: each once, however often a server starts. They are few.
pub(super) fn list<T: Lasting>(items: &[T]) -> &'static [T] {
    let mut kept = T::kept().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.iter().find(|kept| **kept == items) {
        return same;
    }
    let items: &'static [T] = Box::leak(items.into());
    kept.push(items);
    items
}

type Kept<T> = Mutex<Vec<&'static [T]>>;

/// What options may hold lists of.
pub(super) trait Lasting: Clone + PartialEq + 'static {
    fn kept() -> &'static Kept<Self>;
}

impl Lasting for u8 {
    fn kept() -> &'static Kept<Self> {
        static KEPT: Kept<u8> = Mutex::new(Vec::new());
        &KEPT
    }
}

impl Lasting for Cidr {
    fn kept() -> &'static Kept<Self> {
        static KEPT: Kept<Cidr> = Mutex::new(Vec::new());
        &KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_kept_once_however_often_it_is_read() {
        let kept = text("kept");
        assert!(std::ptr::eq(kept, text("kept")));
        assert_eq!(text("another"), "another");
        assert!(std::ptr::eq(kept, text("kept")));
    }
}
