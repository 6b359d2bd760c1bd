//! The words of a command line.

use std::borrow::Cow;
use std::str::FromStr;

/// A line with one blank between its words and none around them, as the templates have it. Nearly every client sends such.
pub fn one_blank_between(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.starts_with(b" ") && !line.ends_with(b" ") && !line.windows(2).any(|pair| pair == b"  ") {
        return Cow::Borrowed(line);
    }
    let words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join(&b' '))
}

/// The number that a word is, if `T` can hold it.
pub fn number<T: FromStr>(word: &[u8]) -> Option<T> {
    str::from_utf8(word).ok()?.parse().ok()
}
