//! The types of number fields: `u24le`, `i3`, `f64`.

/// The meaning of a number's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Unsigned,
    Signed,
    Float,
}

/// The type of a number field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) class: Class,
    /// The width in bits.
    pub(crate) width: u32,
    pub(crate) little: bool,
}

/// The types that a field can have, for messages.
pub(crate) const TYPES: &str =
    "`u1` to `u128`, `i1` to `i128`, `f32` and `f64` (with `le` behind it: little-endian), `[u8; length]` and `[u8]`";

impl Number {
    /// Returns the number type that `word` names, or describes what is wrong with it.
    pub(crate) fn read(word: &str) -> Result<Self, String> {
        match Self::parse(word) {
            Some(number) => match number.trouble() {
                None => Ok(number),
                Some(trouble) => Err(format!("`{word}` {trouble}")),
            },
            None => Err(unknown(word)),
        }
    }

    /// Parses a letter, a width, and an optional `le`.
    fn parse(word: &str) -> Option<Self> {
        let (word, little) = match word.strip_suffix("le") {
            Some(word) => (word, true),
            None => (word, false),
        };
        let class = match word.get(..1)? {
            "u" => Class::Unsigned,
            "i" => Class::Signed,
            "f" => Class::Float,
            _ => return None,
        };
        let digits = &word[1..];
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let width = if plain && digits.len() > 6 {
            999_999
        } else {
            digits.parse().ok().filter(|_| plain)?
        };
        Some(Number { class, width, little })
    }

    fn trouble(self) -> Option<&'static str> {
        match (self.class, self.width) {
            (Class::Float, 32 | 64) => None,
            (Class::Float, 16) => Some("is no type of Rust's yet: a field of 16 bits is a `u16`"),
            (Class::Float, _) => Some("is no float: there are `f32` and `f64`"),
            (_, 0) => Some("has no bits: leave the field out"),
            (_, 1..=128) => None,
            _ => Some("is too wide: a number has up to 128 bits, and more are bytes, `[u8; length]`"),
        }
    }

    /// Returns the number of bits of the Rust type that holds it.
    pub(crate) fn storage_width(self) -> u32 {
        self.width.next_power_of_two().max(8)
    }

    /// Returns the Rust type that holds it.
    pub(crate) fn storage(self) -> String {
        let letter = match self.class {
            Class::Unsigned => 'u',
            Class::Signed => 'i',
            Class::Float => 'f',
        };
        format!("{letter}{}", self.storage_width())
    }

    /// Returns whether a Rust type has exactly its width.
    pub(crate) fn is_whole(self) -> bool {
        self.width == self.storage_width()
    }

    /// Returns the least and the greatest value of an integer, if the check can compute with them.
    pub(crate) fn range(self) -> Option<(i128, i128)> {
        match self.class {
            Class::Unsigned if self.width < 127 => Some((0, (1 << self.width) - 1)),
            Class::Signed if self.width < 127 => Some((-(1 << (self.width - 1)), (1 << (self.width - 1)) - 1)),
            _ => None,
        }
    }
}

/// Describes what to write instead of a type that doesn't exist.
fn unknown(word: &str) -> String {
    let meant = word.to_lowercase().replace('_', "");
    let big = meant
        .strip_suffix("be")
        .filter(|number| Number::parse(number).is_some());
    if let Some(number) = big {
        return format!("`{word}` is `{number}`: fields are big-endian unless they say `le`");
    }
    if Number::parse(&meant).is_some_and(|number| number.trouble().is_none()) {
        return format!("unknown type `{word}`: did you mean `{meant}`?");
    }
    let instead = match word {
        "usize" | "isize" => "it has another width on another machine: say how many bits it is, as in `u32`",
        "bool" => "a flag is a `u1`",
        "char" => "a byte is a `u8`",
        "str" | "String" | "string" | "bytes" | "binary" | "Bytes" | "Vec" | "bytestring" => {
            "bytes are `[u8; length]`, or `[u8]` for all that remain"
        }
        _ => return format!("unknown type `{word}`: there are {TYPES}"),
    };
    format!("`{word}` is no type of a field: {instead}")
}
