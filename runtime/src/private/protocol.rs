//! The names that the constant `PROTOCOL` is written with. The expansion imports all of them, so
//! that a table of a hundred arms stays short; an empty name is none.

use crate::options::Options;
use crate::packet::{DELIMITER, Packet};
pub use crate::table::protocol::Closes::{Always, Never, Sometimes, Unknown};
pub use crate::table::protocol::Frame::{AnyOf, Bits, Literal, Prefix, Rest, Rust, Template};
pub use crate::table::protocol::Operator::{Add, Div, Mul, Rem, Shl, Shr, Sub};
pub use crate::table::protocol::{Arm, Field, Frame, Length, Piece, Protocol};
use crate::table::protocol::{Capture, CaptureKind, Class, Closes, Endian, Flag, Form, Next, Number, Value};

/// The facts that are known of a server besides its arms.
pub trait Declared {
    /// Its options.
    const OPTIONS: Options;
    /// Its codec as it is written, or nothing.
    const CODEC: &'static str;
    /// True if its templates ignore the case of letters.
    const IGNORE_CASE: bool;
    /// Its states, the initial one first.
    const STATES: &'static [&'static str] = &[];
    /// The states that are meant as the last ones.
    const LAST: &'static [&'static str] = &[];
}

/// The arms of a server.
pub trait Listed {
    /// The arms.
    const ARMS: &'static [Arm];
}

/// No arms.
pub struct Nothing;

impl Listed for Nothing {
    const ARMS: &'static [Arm] = &[];
}

/// The protocol of a server and its arms.
///
/// The compiler evaluates what a constant borrows or names, also where nothing uses the constant;
/// but not what a generic function returns. That is why it is one.
pub const fn protocol<S: Declared, A: Listed>() -> &'static Protocol {
    const {
        &Protocol {
            packet: match S::OPTIONS.packet {
                Some(packet) => packet,
                None => Packet::Line,
            },
            delimiter: match S::OPTIONS.delimiter {
                Some(delimiter) => delimiter,
                None => DELIMITER,
            },
            codec: named(S::CODEC),
            ignore_case: S::IGNORE_CASE,
            states: S::STATES,
            last: S::LAST,
            arms: A::ARMS,
        }
    }
}

/// Some of a list.
pub const fn some<T>(all: &'static [T], from: usize, count: usize) -> &'static [T] {
    all.split_at(from).1.split_at(count).0
}

/// An arm.
pub const fn arm(
    name: &'static str,
    pattern: &'static str,
    docs: &'static str,
    guarded: bool,
    closes: Closes,
    frame: Frame,
) -> Arm {
    Arm {
        name,
        pattern,
        docs,
        guarded,
        states: &[],
        next: Next {
            states: &[],
            open: false,
        },
        closes,
        frame,
    }
}

/// The same arm, in its states and with those that it leads to.
pub const fn within(arm: Arm, states: &'static [&'static str], next: &'static [&'static str], open: bool) -> Arm {
    Arm {
        states,
        next: Next { states: next, open },
        ..arm
    }
}

const fn named(name: &'static str) -> Option<&'static str> {
    if name.is_empty() { None } else { Some(name) }
}

/// Literal text in a template.
pub const fn literal(text: &'static [u8]) -> Piece {
    Piece::Literal(text)
}

const fn capture(name: &'static str, kind: CaptureKind, ty: &'static str, open: bool) -> Piece {
    Piece::Capture(Capture {
        name: named(name),
        kind,
        ty,
        open,
    })
}

/// `{name}` in a template.
pub const fn word(name: &'static str) -> Piece {
    capture(name, CaptureKind::Text, "&str", false)
}

/// `{name..}` in a template.
pub const fn words(name: &'static str) -> Piece {
    capture(name, CaptureKind::Text, "&str", true)
}

/// `{name: bytes}` in a template.
pub const fn raw(name: &'static str, open: bool) -> Piece {
    capture(name, CaptureKind::Bytes, "&[u8]", open)
}

/// `{name: T}` in a template.
pub const fn parsed(name: &'static str, ty: &'static str, open: bool) -> Piece {
    capture(name, CaptureKind::Parsed, ty, open)
}

/// A flag in a template.
pub const fn flag(name: &'static str, text: &'static [u8]) -> Piece {
    Piece::Flag(Flag {
        name: named(name),
        text,
    })
}

/// A number's type is its width, and a bit each for signed, float and little-endian.
const fn number_of(name: &'static str, ty: u32, value: Value) -> Field {
    let class = match ty & 0x300 {
        0 => Class::Unsigned,
        0x100 => Class::Signed,
        _ => Class::Float,
    };
    let endian = if ty & 0x400 == 0 { Endian::Big } else { Endian::Little };
    let width = ty & 0xff;
    Field {
        name: named(name),
        form: Form::Number(Number { class, width, endian }),
        value,
    }
}

/// A number of any value.
pub const fn number(name: &'static str, ty: u32) -> Field {
    number_of(name, ty, Value::Any)
}

/// A number that is given.
pub const fn given(ty: u32, value: u128) -> Field {
    number_of("", ty, Value::Number(value))
}

/// Bytes of any value.
pub const fn bytes(name: &'static str, length: Length) -> Field {
    Field {
        name: named(name),
        form: Form::Bytes(length),
        value: Value::Any,
    }
}

/// Bytes that are given.
pub const fn text(text: &'static [u8]) -> Field {
    Field {
        name: None,
        form: Form::Bytes(Length::Number(text.len() as i128)),
        value: Value::Bytes(text),
    }
}

/// All remaining bytes.
pub const fn rest(name: &'static str) -> Field {
    Field {
        name: named(name),
        form: Form::Rest,
        value: Value::Any,
    }
}

/// The same field, if its name is a constant's.
pub const fn unknown(field: Field) -> Field {
    Field {
        value: Value::Unknown,
        ..field
    }
}
