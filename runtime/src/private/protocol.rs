//! What the constant `PROTOCOL` is written with. The expansion imports all of it, so that a table of
//! a hundred arms stays short; an empty name is none.

use crate::options::Options;
use crate::packet::{DELIMITER, Packet};
pub use crate::table::protocol::CaptureKind::{Bytes as AsBytes, Parsed, Text};
pub use crate::table::protocol::Class::{Float, Signed, Unsigned};
pub use crate::table::protocol::Closes::{Always, Never, Sometimes, Unknown};
pub use crate::table::protocol::Endian::{Big, Little};
pub use crate::table::protocol::Frame::{AnyOf, Bits, Literal, Prefix, Rest, Rust, Template};
pub use crate::table::protocol::Operator::{Add, Div, Mul, Rem, Shl, Shr, Sub};
pub use crate::table::protocol::{Arm, Frame, Length, Protocol};
use crate::table::protocol::{
    Capture, CaptureKind, Class, Closes, Endian, Field, Flag, Form, Next, Number, Piece, Value,
};

/// The protocol of a server with these options.
pub const fn protocol(
    options: &Options,
    codec: Option<&'static str>,
    ignore_case: bool,
    arms: &'static [Arm],
) -> Protocol {
    let packet = match options.packet {
        Some(packet) => packet,
        None => Packet::Line,
    };
    let delimiter = match options.delimiter {
        Some(delimiter) => delimiter,
        None => DELIMITER,
    };
    Protocol {
        packet,
        delimiter,
        codec,
        ignore_case,
        states: &[],
        arms,
    }
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

const fn named(name: &'static str) -> Option<&'static str> {
    if name.is_empty() { None } else { Some(name) }
}

/// Literal text in a template.
pub const fn literal(text: &'static [u8]) -> Piece {
    Piece::Literal(text)
}

/// A capture in a template.
pub const fn capture(name: &'static str, kind: CaptureKind, ty: &'static str, open: bool) -> Piece {
    Piece::Capture(Capture {
        name: named(name),
        kind,
        ty,
        open,
    })
}

/// A flag in a template.
pub const fn flag(name: &'static str, text: &'static [u8]) -> Piece {
    Piece::Flag(Flag {
        name: named(name),
        text,
    })
}

const fn number_of(name: &'static str, class: Class, width: u32, endian: Endian, value: Value) -> Field {
    Field {
        name: named(name),
        form: Form::Number(Number { class, width, endian }),
        value,
    }
}

/// A number of any value.
pub const fn number(name: &'static str, class: Class, width: u32, endian: Endian) -> Field {
    number_of(name, class, width, endian, Value::Any)
}

/// A number that is given.
pub const fn given(name: &'static str, class: Class, width: u32, endian: Endian, value: u128) -> Field {
    number_of(name, class, width, endian, Value::Number(value))
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
