//! Text and lists that last as long as the process: `Options` is `Copy` and const, so it can't own
//! any.
//!
//! Equal lists are kept once. Otherwise each reading of a file with 101 blocks would leak 1,830
//! bytes, which is 2.6 MB a day in a program that reloads its options once a minute.

use std::sync::{Mutex, PoisonError};

use crate::options::cidr::Cidr;

type Kept<T> = Mutex<Vec<&'static [T]>>;

static BYTES: Kept<u8> = Mutex::new(Vec::new());
static BLOCKS: Kept<Cidr> = Mutex::new(Vec::new());
static TEXTS: Kept<&'static str> = Mutex::new(Vec::new());

/// Returns text that lasts as long as the process.
pub(super) fn text(text: &str) -> &'static str {
    str::from_utf8(bytes(text.as_bytes())).unwrap_or_default()
}

/// Returns bytes that last as long as the process.
pub(super) fn bytes(bytes: &[u8]) -> &'static [u8] {
    list(&BYTES, bytes)
}

/// Returns blocks of addresses that last as long as the process.
pub(super) fn blocks(blocks: &[Cidr]) -> &'static [Cidr] {
    list(&BLOCKS, blocks)
}

/// Returns a list of texts that lasts as long as the process.
pub(super) fn texts(texts: &[&'static str]) -> &'static [&'static str] {
    list(&TEXTS, texts)
}

fn list<T: Clone + PartialEq>(kept: &Kept<T>, items: &[T]) -> &'static [T] {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.iter().find(|kept| **kept == items) {
        return same;
    }
    let items: &'static [T] = Box::leak(items.into());
    kept.push(items);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_bytes_lists_and_blocks_are_kept_once_however_often_they_are_read() {
        let kept = text("kept");
        assert!(std::ptr::eq(kept, text("kept")));
        assert_eq!(text("another"), "another");
        assert!(std::ptr::eq(kept, text("kept")));
        let paths = || [text("a.pem"), text("b.pem")];
        assert!(std::ptr::eq(texts(&paths()), texts(&paths())));
        assert!(std::ptr::eq(bytes(b"busy\r\n"), bytes(b"busy\r\n")));
        let block = || ["10.0.0.0/8".parse::<Cidr>().expect("a block")];
        assert!(std::ptr::eq(blocks(&block()), blocks(&block())));
    }
}
