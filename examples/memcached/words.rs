//! A command line, taken apart.

use std::str::FromStr;

/// The most words that a command has, but for those that take any number of keys.
const WORDS_MAX: usize = 7;

/// The words of a line.
pub fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(|&byte| byte == b' ').filter(|word| !word.is_empty())
}

/// The words of a command, one more than any has at most, and whether the last was noreply.
pub fn command(line: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut command: Vec<_> = words(line).take(WORDS_MAX + 1).collect();
    let quiet = command.pop_if(|word| *word == b"noreply").is_some();
    (command, quiet)
}

/// The number that a word is, if `T` can hold it.
pub fn number<T: FromStr>(word: &[u8]) -> Option<T> {
    str::from_utf8(word).ok()?.parse().ok()
}
