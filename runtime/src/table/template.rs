//! What the arms of a table are made of: a template becomes a chain of these calls, each of which takes something off a frame
//! or says that the arm doesn't match. Nothing here allocates, and nothing goes back over what was taken.

use std::any::type_name;
use std::str::FromStr;

use bytes::Bytes;
use kai_tcp_server_spec::template::is_blank;
use memchr::{memchr, memmem};

/// Anything that is bytes, as a table over an expression takes it: what a name in the table binds, and the bytes.
#[diagnostic::on_unimplemented(
    message = "a table matches bytes, and `{Self}` is none",
    label = "neither `&[u8]` nor `&str`",
    note = "match on a reference: `match &line {{ … }}`"
)]
pub trait AsBytes<'a> {
    /// What a name in the table binds.
    type Whole: Copy;

    /// Both views.
    fn views(self) -> (Self::Whole, &'a [u8]);
}

/// Both views of what a table matches.
#[inline]
pub fn frame<'a, T: AsBytes<'a>>(value: T) -> (T::Whole, &'a [u8]) {
    value.views()
}

impl<'a> AsBytes<'a> for &'a [u8] {
    type Whole = &'a [u8];

    #[inline]
    fn views(self) -> (&'a [u8], &'a [u8]) {
        (self, self)
    }
}

impl<'a, const N: usize> AsBytes<'a> for &'a [u8; N] {
    type Whole = &'a [u8];

    #[inline]
    fn views(self) -> (&'a [u8], &'a [u8]) {
        (self, self)
    }
}

impl<'a> AsBytes<'a> for &'a str {
    type Whole = &'a str;

    #[inline]
    fn views(self) -> (&'a str, &'a [u8]) {
        (self, self.as_bytes())
    }
}

impl<'a> AsBytes<'a> for &'a String {
    type Whole = &'a str;

    #[inline]
    fn views(self) -> (&'a str, &'a [u8]) {
        (self, self.as_bytes())
    }
}

impl<'a> AsBytes<'a> for &'a Vec<u8> {
    type Whole = &'a [u8];

    #[inline]
    fn views(self) -> (&'a [u8], &'a [u8]) {
        (self, self)
    }
}

impl<'a> AsBytes<'a> for &'a Bytes {
    type Whole = &'a Bytes;

    #[inline]
    fn views(self) -> (&'a Bytes, &'a [u8]) {
        (self, self)
    }
}

impl<'a, T: ?Sized> AsBytes<'a> for &'a &T
where
    &'a T: AsBytes<'a>,
{
    type Whole = <&'a T as AsBytes<'a>>::Whole;

    #[inline]
    fn views(self) -> (Self::Whole, &'a [u8]) {
        (*self).views()
    }
}

/// What `{name: T}` can capture.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be captured: it doesn't implement `FromStr`",
    label = "a capture of this template has the type `{Self}`",
    note = "a capture is made by `FromStr`, or is `bytes`, or has no type, and is a `&str` then"
)]
pub trait Parsed: Sized {
    /// None: the text is none.
    fn parsed(text: &str) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: FromStr> Parsed for T {
    #[inline]
    fn parsed(text: &str) -> Option<Self> {
        text.parse().ok().filter(|_| is_number::<Self>(text))
    }
}

/// Whether text that `T` takes is a number where `T` is a float: Rust reads `nan` and `inf`, and `1e400` as infinite, and no protocol
/// means that by a number. `bits!` refuses them too.
#[inline]
fn is_number<T>(text: &str) -> bool {
    // Captured types may borrow, so they have no `TypeId`; an alias has the name of what it stands for.
    match type_name::<T>() {
        "f32" => is_finite(text, f32::is_finite),
        "f64" => is_finite(text, f64::is_finite),
        _ => true,
    }
}

/// Whether a float is finite, of which only text with an exponent, or in letters, or with many digits has to be read once more.
fn is_finite<F: FromStr>(text: &str, is_finite: fn(F) -> bool) -> bool {
    let is_plain = text.len() <= 38 && !text.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_plain || text.parse().is_ok_and(is_finite)
}

/// What isn't matched yet: bytes, or text where it was found to be text at once.
pub trait Part<'i>: Copy {
    /// The bytes.
    fn bytes(self) -> &'i [u8];

    /// Both sides of a place in it; None where text can't be split.
    fn split(self, at: usize) -> Option<(Self, Self)>;

    /// The text, if it is text.
    fn text(self) -> Option<&'i str>;
}

impl<'i> Part<'i> for &'i [u8] {
    #[inline]
    fn bytes(self) -> &'i [u8] {
        self
    }

    #[inline]
    fn split(self, at: usize) -> Option<(Self, Self)> {
        self.split_at_checked(at)
    }

    #[inline]
    fn text(self) -> Option<&'i str> {
        str::from_utf8(self).ok()
    }
}

impl<'i> Part<'i> for &'i str {
    #[inline]
    fn bytes(self) -> &'i [u8] {
        self.as_bytes()
    }

    #[inline]
    fn split(self, at: usize) -> Option<(Self, Self)> {
        self.split_at_checked(at)
    }

    #[inline]
    fn text(self) -> Option<&'i str> {
        Some(self)
    }
}

/// The whole of `input` is `text`.
#[inline]
pub fn is<'i>(input: impl Part<'i>, text: &[u8]) -> bool {
    input.bytes() == text
}

/// The same, whatever the case of the letters.
#[inline]
pub fn is_ignoring_case<'i>(input: impl Part<'i>, text: &[u8]) -> bool {
    input.bytes().eq_ignore_ascii_case(text)
}

/// What follows `text`.
#[inline]
pub fn after<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<P> {
    if !input.bytes().starts_with(text) {
        return None;
    }
    Some(input.split(text.len())?.1)
}

/// The same, whatever the case of the letters.
#[inline]
pub fn after_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<P> {
    let (head, rest) = input.split(text.len())?;
    head.bytes().eq_ignore_ascii_case(text).then_some(rest)
}

/// Whether `text` stands here, and what follows.
#[inline]
pub fn flag<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(bool, P)> {
    Some(after(input, text).map_or((false, input), |rest| (true, rest)))
}

/// The same, whatever the case of the letters.
#[inline]
pub fn flag_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(bool, P)> {
    Some(after_ignoring_case(input, text).map_or((false, input), |rest| (true, rest)))
}

/// What stands before the first `text`, and what follows it.
#[inline]
pub fn until<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (taken, rest) = input.split(find(input.bytes(), text)?)?;
    Some((taken, rest.split(text.len())?.1))
}

/// The same, whatever the case of the letters.
#[inline]
pub fn until_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (taken, rest) = input.split(find_ignoring_case(input.bytes(), text)?)?;
    Some((taken, rest.split(text.len())?.1))
}

/// The word before a `text` that begins with a blank, and what follows it: the first blank is where the text begins, or else a
/// blank would be in the word.
#[inline]
pub fn word_until<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (word, rest) = input.split(first_blank(input.bytes())?)?;
    Some((word, after(rest, text)?))
}

/// The same, whatever the case of the letters.
#[inline]
pub fn word_until_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (word, rest) = input.split(first_blank(input.bytes())?)?;
    Some((word, after_ignoring_case(rest, text)?))
}

/// Where the first blank is. Words are short, so this begins at once and takes eight bytes a step, where memchr's setting up would
/// cost more than the word.
#[inline]
fn first_blank(input: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let mut at = 0;
    while let Some(eight) = input.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let eight = u64::from_le_bytes(*eight);
        // The high bit of each byte up to a space, exact up to the first such byte.
        let low = eight.wrapping_sub(ONES * 0x21) & !eight & (ONES * 0x80);
        if low != 0 {
            at += low.trailing_zeros() as usize / 8;
            break;
        }
        at += 8;
    }
    let rest = input.get(at..)?;
    rest.iter().position(|&byte| is_blank(byte)).map(|more| at + more)
}

/// What stands before the first of `ends`, or all, and what begins with it.
#[inline]
pub fn first<'i, P: Part<'i>>(input: P, ends: &[&[u8]]) -> Option<(P, P)> {
    let bytes = input.bytes();
    let at = ends.iter().filter_map(|text| find(bytes, text)).min();
    input.split(at.unwrap_or(bytes.len()))
}

/// The same, whatever the case of the letters.
#[inline]
pub fn first_ignoring_case<'i, P: Part<'i>>(input: P, ends: &[&[u8]]) -> Option<(P, P)> {
    let bytes = input.bytes();
    let at = ends.iter().filter_map(|text| find_ignoring_case(bytes, text)).min();
    input.split(at.unwrap_or(bytes.len()))
}

#[inline]
fn find(input: &[u8], text: &[u8]) -> Option<usize> {
    match text {
        &[byte] => memchr(byte, input),
        text => memmem::find(input, text),
    }
}

fn find_ignoring_case(input: &[u8], text: &[u8]) -> Option<usize> {
    input
        .windows(text.len())
        .position(|window| window.eq_ignore_ascii_case(text))
}

/// `{name..: bytes}`.
#[inline]
pub fn bytes(taken: &[u8]) -> Option<&[u8]> {
    Some(taken)
}

/// `{name: bytes}`.
#[inline]
pub fn word_bytes(taken: &[u8]) -> Option<&[u8]> {
    known_word_bytes(taken).filter(|taken| first_blank(taken).is_none())
}

/// `{name: bytes}`, known to have no blanks.
#[inline]
pub fn known_word_bytes(taken: &[u8]) -> Option<&[u8]> {
    Some(taken).filter(|taken| !taken.is_empty())
}

/// `{name..}`, and all that is left where more than one capture is text.
#[inline]
pub fn text<'i>(taken: impl Part<'i>) -> Option<&'i str> {
    taken.text()
}

/// `{name}`.
#[inline]
pub fn word<'i>(taken: impl Part<'i>) -> Option<&'i str> {
    word_bytes(taken.bytes())?;
    taken.text()
}

/// `{name}`, known to have no blanks.
#[inline]
pub fn known_word<'i>(taken: impl Part<'i>) -> Option<&'i str> {
    known_word_bytes(taken.bytes())?;
    taken.text()
}

/// `{name..: T}`.
#[inline]
pub fn parsed<'i, T: Parsed>(taken: impl Part<'i>) -> Option<T> {
    T::parsed(text(taken)?)
}

/// `{name: T}`.
#[inline]
pub fn word_parsed<'i, T: Parsed>(taken: impl Part<'i>) -> Option<T> {
    T::parsed(word(taken)?)
}

/// `{name: T}`, known to have no blanks.
#[inline]
pub fn known_word_parsed<'i, T: Parsed>(taken: impl Part<'i>) -> Option<T> {
    T::parsed(known_word(taken)?)
}

#[cfg(test)]
mod tests {
    use super::{first_blank, is_blank};

    #[test]
    fn the_first_blank_is_found_wherever_it_stands() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    for filler in [b'x', 0, 0x1f, 0x21, 0x7f, 0x80, 0xa0, 0xff] {
                        let mut input = vec![filler; length];
                        input[at] = byte;
                        let expected = input.iter().position(|&byte| is_blank(byte));
                        assert_eq!(first_blank(&input), expected, "{}", input.escape_ascii());
                        if let Some(last) = input.last_mut() {
                            *last = b'\r';
                        }
                        let expected = input.iter().position(|&byte| is_blank(byte));
                        assert_eq!(first_blank(&input), expected, "{}", input.escape_ascii());
                    }
                }
            }
        }
    }
}
