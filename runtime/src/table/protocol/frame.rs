//! The forms of frames that arms match.

use super::field::Field;

/// The form of the frames that an arm matches.
///
/// The bytes are those that `handle_call` takes: under `line(crlf)` a frame has no line end, under
/// `line` it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Frame {
    /// Exactly these bytes: `b"quit"`, or a template without a capture. If the case of its letters
    /// doesn't count, such a template is a [`Template`](Frame::Template).
    Literal(&'static [u8]),
    /// A template: `"get {key}"`. The pieces follow one another, and the frame ends with the last.
    /// With [`ignore_case`](super::Protocol::ignore_case) the case of ASCII letters in literal text
    /// doesn't count.
    Template(&'static [Piece]),
    /// A layout: `bits!(version: u8, rest: [u8])`, or a slice pattern of a known length, `[0x01,
    /// id]`. The fields follow one another without gaps, and the frame ends with the last.
    Bits(&'static [Field]),
    /// A known beginning with any rest: `[0x01, id, ..]`. Each field has one byte.
    Prefix(&'static [Field]),
    /// Alternatives: `"quit" | "exit"`. They bind the same names.
    AnyOf(&'static [Frame]),
    /// Any frame: `_`, or a name.
    Rest,
    /// A pattern of Rust's own, as it is written: a constant, a range, a codec's item. What it
    /// matches isn't known here.
    Rust(&'static str),
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Piece {
    /// Literal text.
    Literal(&'static [u8]),
    /// A capture: `{key}`.
    Capture(Capture),
    /// A flag: `{quiet? noreply}`.
    Flag(Flag),
}

/// A capture of a template. It ends where the literal text after it first occurs; if none follows,
/// where the frame ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Capture {
    /// The name; `None` is `_`.
    pub name: Option<&'static str>,
    /// The kind of value that its bytes become.
    pub kind: CaptureKind,
    /// The type of the value, as it is written: `u32`; `&str` and `&[u8]` for text and bytes.
    pub ty: &'static str,
    /// True if it takes blanks, too, and may be empty: `{name..}`.
    pub open: bool,
}

/// The kind of value that the bytes of a capture become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CaptureKind {
    /// A `&str`; other bytes than UTF-8 don't match.
    Text,
    /// A `&[u8]`.
    Bytes,
    /// A value that the type's `FromStr` parses; what it refuses doesn't match.
    Parsed,
}

/// A flag of a template: text that may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Flag {
    /// The name; `None` is `_`.
    pub name: Option<&'static str>,
    /// The optional text, with its blanks.
    pub text: &'static [u8],
}
