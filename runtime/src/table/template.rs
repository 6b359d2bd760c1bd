//! The functions that templates expand to: an arm is a chain of calls, each of which takes a part
//! off the frame or says that the arm doesn't match. No function allocates, and there is no
//! backtracking.

use std::any::type_name;
use std::str::FromStr;

use bytes::Bytes;
use kai_tcp_server_spec::template::is_blank;
use memchr::{memchr, memmem};

/// A value of bytes that a table can match.
#[diagnostic::on_unimplemented(
    message = "a table matches bytes, and `{Self}` is none",
    label = "neither `&[u8]` nor `&str`",
    note = "match on a reference: `match &line {{ … }}`"
)]
pub trait AsBytes<'a> {
    /// The type of a name that the table binds.
    type Whole: Copy;

    /// Returns the value that a name binds, and the bytes.
    fn views(self) -> (Self::Whole, &'a [u8]);
}

/// Returns the value that a name binds, and the bytes.
#[inline]
pub fn frame<'a, T: AsBytes<'a>>(value: T) -> (T::Whole, &'a [u8]) {
    value.views()
}

impl<'a> AsBytes<'a> for &'a [u8] {
    type Whole = &'a [u8];

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

    fn views(self) -> (&'a [u8], &'a [u8]) {
        (self, self)
    }
}

impl<'a> AsBytes<'a> for &'a Bytes {
    type Whole = &'a Bytes;

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

/// A type that `{name: T}` can capture.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be captured: it doesn't implement `FromStr`",
    label = "a capture of this template has the type `{Self}`",
    note = "a capture is made by `FromStr`, or is `bytes`, or has no type, and is a `&str` then"
)]
pub trait Parsed: Sized {
    /// Returns `None` if the text isn't a value of this type.
    fn parsed(text: &str) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: FromStr> Parsed for T {
    #[inline]
    fn parsed(text: &str) -> Option<Self> {
        text.parse().ok().filter(|_| is_number::<Self>(text))
    }
}

/// Returns false if `T` is a float and the text isn't a finite number. Rust parses `nan` and `inf`,
/// and `1e400` as infinite, but protocols don't mean these as numbers. `bits!` rejects them too.
#[inline]
fn is_number<T>(text: &str) -> bool {
    // A captured type may borrow and so has no `TypeId`; the name of an alias is the name of its
    // target.
    match type_name::<T>() {
        "f32" => is_finite(text, f32::is_finite),
        "f64" => is_finite(text, f64::is_finite),
        _ => true,
    }
}

/// Returns whether a float is finite. Only text with letters (such as an exponent) or with many
/// digits is parsed again.
fn is_finite<F: FromStr>(text: &str, is_finite: fn(F) -> bool) -> bool {
    let is_plain = text.len() <= 38 && !text.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_plain || text.parse().is_ok_and(is_finite)
}

/// The input that isn't matched yet: bytes, or text if it was validated at the start.
pub trait Part<'i>: Copy {
    /// Returns the bytes.
    fn bytes(self) -> &'i [u8];

    /// Splits the input at a position; returns `None` if text can't be split there.
    fn split(self, at: usize) -> Option<(Self, Self)>;

    /// Returns the text, or `None` if the input isn't UTF-8.
    fn text(self) -> Option<&'i str>;
}

impl<'i> Part<'i> for &'i [u8] {
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

    fn text(self) -> Option<&'i str> {
        Some(self)
    }
}

/// Returns whether the whole of `input` is `text`.
#[inline]
pub fn is<'i>(input: impl Part<'i>, text: &[u8]) -> bool {
    input.bytes() == text
}

/// Does the same as [`is`], ignoring ASCII case.
#[inline]
pub fn is_ignoring_case<'i>(input: impl Part<'i>, text: &[u8]) -> bool {
    input.bytes().eq_ignore_ascii_case(text)
}

/// Returns the input after `text`.
#[inline]
pub fn after<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<P> {
    if !input.bytes().starts_with(text) {
        return None;
    }
    Some(input.split(text.len())?.1)
}

/// Does the same as [`after`], ignoring ASCII case.
#[inline]
pub fn after_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<P> {
    let (head, rest) = input.split(text.len())?;
    head.bytes().eq_ignore_ascii_case(text).then_some(rest)
}

/// Returns whether the input begins with `text`, and the input after it.
#[inline]
pub fn flag<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(bool, P)> {
    Some(after(input, text).map_or((false, input), |rest| (true, rest)))
}

/// Does the same as [`flag`], ignoring ASCII case.
#[inline]
pub fn flag_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(bool, P)> {
    Some(after_ignoring_case(input, text).map_or((false, input), |rest| (true, rest)))
}

/// Returns the input before the first `text`, and after it.
#[inline]
pub fn until<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (taken, rest) = input.split(find(input.bytes(), text)?)?;
    Some((taken, rest.split(text.len())?.1))
}

/// Does the same as [`until`], ignoring ASCII case.
#[inline]
pub fn until_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (taken, rest) = input.split(find_ignoring_case(input.bytes(), text)?)?;
    Some((taken, rest.split(text.len())?.1))
}

/// Returns the word before a `text` that begins with a blank, and the input after it. A word
/// contains no blank, so the text must be at the first blank.
#[inline]
pub fn word_until<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (word, rest) = input.split(first_blank(input.bytes())?)?;
    Some((word, after(rest, text)?))
}

/// Does the same as [`word_until`], ignoring ASCII case.
#[inline]
pub fn word_until_ignoring_case<'i, P: Part<'i>>(input: P, text: &[u8]) -> Option<(P, P)> {
    let (word, rest) = input.split(first_blank(input.bytes())?)?;
    Some((word, after_ignoring_case(rest, text)?))
}

/// Returns the position of the first blank. Words are short, so this needs no set-up and takes
/// eight bytes per step; the set-up of memchr would cost more than the word.
#[inline]
fn first_blank(input: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let mut at = 0;
    while let Some(eight) = input.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let eight = u64::from_le_bytes(*eight);
        // The high bit of each byte up to a space; exact up to the first such byte.
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

/// Splits the input before the first of `ends`, or at its end if there is none.
#[inline]
pub fn first<'i, P: Part<'i>>(input: P, ends: &[&[u8]]) -> Option<(P, P)> {
    let bytes = input.bytes();
    let at = ends.iter().filter_map(|text| find(bytes, text)).min();
    input.split(at.unwrap_or(bytes.len()))
}

/// Does the same as [`first`], ignoring ASCII case.
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

/// Captures `{name..: bytes}`.
pub fn bytes(taken: &[u8]) -> Option<&[u8]> {
    Some(taken)
}

/// Captures `{name: bytes}`.
#[inline]
pub fn word_bytes(taken: &[u8]) -> Option<&[u8]> {
    known_word_bytes(taken).filter(|taken| first_blank(taken).is_none())
}

/// Captures `{name: bytes}` from input that has no blanks.
#[inline]
pub fn known_word_bytes(taken: &[u8]) -> Option<&[u8]> {
    Some(taken).filter(|taken| !taken.is_empty())
}

/// Captures `{name..}`; also validates the rest of the input once if several captures are text.
#[inline]
pub fn text<'i>(taken: impl Part<'i>) -> Option<&'i str> {
    taken.text()
}

/// Captures `{name}`.
#[inline]
pub fn word<'i>(taken: impl Part<'i>) -> Option<&'i str> {
    word_bytes(taken.bytes())?;
    taken.text()
}

/// Captures `{name}` from input that has no blanks.
#[inline]
pub fn known_word<'i>(taken: impl Part<'i>) -> Option<&'i str> {
    known_word_bytes(taken.bytes())?;
    taken.text()
}

/// Captures `{name..: T}`.
#[inline]
pub fn parsed<'i, T: Parsed>(taken: impl Part<'i>) -> Option<T> {
    T::parsed(text(taken)?)
}

/// Captures `{name: T}`.
#[inline]
pub fn word_parsed<'i, T: Parsed>(taken: impl Part<'i>) -> Option<T> {
    T::parsed(word(taken)?)
}

/// Captures `{name: T}` from input that has no blanks.
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
