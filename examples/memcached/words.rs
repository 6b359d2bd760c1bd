//! Helpers for the words of a command line.

use std::borrow::Cow;
use std::str::FromStr;

/// Returns the line with one blank between words and none around them, as the templates need it.
/// Nearly all clients send such lines.
pub fn one_blank_between(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.starts_with(b" ") && !line.ends_with(b" ") && !line.windows(2).any(|pair| pair == b"  ") {
        return Cow::Borrowed(line);
    }
    let words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join(&b' '))
}

/// Parses a word. Returns `None` if it isn't a number that `T` can hold.
pub fn number<T: FromStr>(word: &[u8]) -> Option<T> {
    str::from_utf8(word).ok()?.parse().ok()
}
