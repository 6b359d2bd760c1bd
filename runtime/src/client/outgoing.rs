//! Makes a frame of an arm's literal text and the values that its method was given.

use super::check::Shown;
use super::error::refused;
use crate::error::Result;
use crate::table::bits::{Bits, Length, Word, length};

/// The longest run of zeros.
const ZEROS: usize = 16 * 1024 * 1024;

/// A frame that is made, piece by piece. It remembers the first mistake.
#[derive(Debug)]
pub struct Outgoing {
    bytes: Bits,
    mistake: Option<String>,
}

impl Outgoing {
    /// Returns an empty frame.
    #[expect(clippy::new_without_default, reason = "only the expansion makes one")]
    pub fn new() -> Self {
        Outgoing {
            bytes: Bits::with_capacity(0),
            mistake: None,
        }
    }

    pub(super) fn finish(self, arm: &str) -> Result<Vec<u8>> {
        match self.mistake {
            Some(mistake) => Err(refused(arm, &mistake)),
            None => Ok(self.bytes.finish()),
        }
    }

    fn mistake(&mut self, what: impl FnOnce() -> String) {
        self.mistake.get_or_insert_with(what);
    }

    /// Adds bytes that aren't judged here.
    pub fn bytes(&mut self, bytes: &(impl AsRef<[u8]> + ?Sized)) {
        self.bytes.bytes(bytes.as_ref());
    }

    /// Adds a word, which has no blanks.
    pub fn word(&mut self, name: &str, word: &(impl AsRef<[u8]> + ?Sized)) {
        let word = word.as_ref();
        if word.is_empty() {
            self.mistake(|| format!("`{name}` is empty"));
        } else if word.iter().copied().any(kai_tcp_server_spec::template::is_blank) {
            self.mistake(|| format!("`{name}` has a blank"));
        }
        self.bytes.bytes(word);
    }

    /// Adds the text of a value. Unless it is open, it is a word.
    pub fn shown(&mut self, name: &str, value: &impl Shown, open: bool) {
        match value.shown() {
            None => self.mistake(|| format!("`{name}` can't be written: its `Display` failed")),
            Some(text) if open => self.bytes(&text),
            Some(text) => self.word(name, &text),
        }
    }

    /// Adds a number of `width` bits, a big-endian one.
    pub fn big<T: Word>(&mut self, name: &str, value: T, width: u32) {
        self.number(name, value.to_bits(width), width, false);
    }

    /// Adds a number of `width` bits, a little-endian one.
    pub fn little<T: Word>(&mut self, name: &str, value: T, width: u32) {
        self.number(name, value.to_bits(width), width, true);
    }

    /// Adds the value of a field that a length is computed from.
    pub fn solved(&mut self, name: &str, value: Solved, signed: bool, width: u32, little: bool) {
        let raw = value.0.and_then(|value| match u128::try_from(value) {
            Ok(value) if !signed => value.to_bits(width),
            Err(_) if !signed => None,
            _ => value.to_bits(width),
        });
        if raw.is_none() {
            self.mistake(|| format!("no value of the field `{name}` says how long what follows is"));
        }
        self.number(name, raw.or(Some(0)), width, little);
    }

    /// Writes bits that fit, so the writer doesn't panic.
    fn number(&mut self, name: &str, raw: Option<u128>, width: u32, little: bool) {
        if raw.is_none() {
            self.mistake(|| format!("`{name}` doesn't fit into {width} bits"));
        }
        let raw = raw.unwrap_or(0);
        if little {
            self.bytes.little(raw, width, ("", ""));
        } else {
            self.bytes.big(raw, width, ("", ""));
        }
    }

    /// Adds so many bytes, which the server skips.
    pub fn zeros(&mut self, length: Length) {
        match length.bytes().filter(|length| *length <= ZEROS) {
            Some(length) => self.bytes.bytes(&vec![0; length]),
            None => self.mistake(|| "a length computed of the values can't be".to_owned()),
        }
    }
}

/// The value of a field that a length is computed from, while it is solved. It has none if there is
/// no such integer.
#[derive(Clone, Copy, Debug)]
pub struct Solved(Option<i128>);

/// Returns the length of a value, which the computation must give.
pub fn solve(value: &(impl AsRef<[u8]> + ?Sized)) -> Solved {
    Solved(i128::try_from(value.as_ref().len()).ok())
}

impl Solved {
    fn by(self, other: Length, compute: impl FnOnce(i128, i128) -> Option<i128>) -> Self {
        Solved(self.0.zip(other.value()).and_then(|(this, other)| compute(this, other)))
    }

    /// Solves `x + n`.
    #[must_use]
    pub fn plus(self, n: Length) -> Self {
        self.by(n, i128::checked_sub)
    }

    /// Solves `x - n`.
    #[must_use]
    pub fn minus(self, n: Length) -> Self {
        self.by(n, i128::checked_add)
    }

    /// Solves `n - x`.
    #[must_use]
    pub fn from(self, n: Length) -> Self {
        self.by(n, |this, n| n.checked_sub(this))
    }

    /// Solves `x * n`.
    #[must_use]
    pub fn times(self, n: Length) -> Self {
        self.by(n, |this, n| (this.checked_rem(n)? == 0).then(|| this / n))
    }

    /// Solves `x << n`.
    #[must_use]
    pub fn shifted(self, n: Length) -> Self {
        self.times(length(1_u8) << n)
    }
}
