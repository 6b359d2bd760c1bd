//! Layouts as runs of bytes: which bits of a byte are given.

use crate::table::protocol::{Field, Form, Length, Number, Value};
use crate::table::sample::order;

/// A part of a layout.
pub(super) enum Part {
    /// A byte whose bits in the mask have this value.
    Byte { mask: u8, value: u8 },
    /// So many bytes of any value.
    Bytes(Length),
    /// All remaining bytes.
    Rest,
}

/// A part of a layout with the fields that begin in it.
pub(super) struct Run {
    pub(super) part: Part,
    pub(super) fields: Vec<Field>,
}

/// Returns a layout's parts, in order.
pub(super) fn runs(fields: &[Field]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut taken = 0;
    for field in fields {
        let mut begins = Some(*field);
        match field.form {
            Form::Number(ty) => number(*field, ty, &mut begins, &mut taken, &mut runs),
            Form::Bytes(length) => {
                taken = 0;
                match field.value {
                    Value::Bytes(bytes) => runs.extend(bytes.iter().map(|&value| Run {
                        part: Part::Byte { mask: 0xff, value },
                        fields: begins.take().into_iter().collect(),
                    })),
                    _ => runs.push(Run {
                        part: Part::Bytes(length),
                        fields: vec![*field],
                    }),
                }
            }
            Form::Rest => runs.push(Run {
                part: Part::Rest,
                fields: vec![*field],
            }),
        }
    }
    runs
}

fn number(field: Field, ty: Number, begins: &mut Option<Field>, taken: &mut u32, runs: &mut Vec<Run>) {
    let given = match field.value {
        Value::Number(bits) => Some(bits),
        _ => None,
    };
    for at in order(ty.width, ty.endian) {
        if *taken == 0 {
            runs.push(Run {
                part: Part::Byte { mask: 0, value: 0 },
                fields: Vec::new(),
            });
        }
        if let Some(Run {
            part: Part::Byte { mask, value },
            fields,
        }) = runs.last_mut()
        {
            fields.extend(begins.take());
            if let Some(bits) = given {
                *mask |= 0x80 >> *taken;
                if bits >> at & 1 == 1 {
                    *value |= 0x80 >> *taken;
                }
            }
        }
        *taken = (*taken + 1) % 8;
    }
}

/// Returns the ranges of the bytes that have these bits.
pub(super) fn ranges(mask: u8, value: u8) -> Vec<(u8, u8)> {
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for byte in (0..=u8::MAX).filter(|byte| byte & mask == value) {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(byte) => *last = byte,
            _ => ranges.push((byte, byte)),
        }
    }
    ranges
}

/// Describes a field: `len: u16le`.
pub(super) fn label(field: &Field) -> String {
    let name = field.name.unwrap_or("_");
    match (field.form, field.value) {
        (Form::Number(ty), Value::Number(bits)) if field.name.is_none() => match u8::try_from(bits) {
            // The byte of a slice pattern is often written so: `b'.'`.
            Ok(byte @ b'!'..=b'~') if ty.width == 8 => format!("{bits}{} ('{}')", spelling(ty), byte.escape_ascii()),
            _ => format!("{bits}{}", spelling(ty)),
        },
        (Form::Number(ty), _) => format!("{name}: {}", spelling(ty)),
        (Form::Bytes(_), Value::Bytes(bytes)) => format!("\"{}\"", bytes.escape_ascii()),
        (Form::Bytes(length), _) => format!("{name}: [u8; {}]", length_text(&length)),
        (Form::Rest, _) => format!("{name}: [u8]"),
    }
}

fn spelling(ty: Number) -> String {
    use crate::table::protocol::{Class, Endian};
    let class = match ty.class {
        Class::Unsigned => 'u',
        Class::Signed => 'i',
        Class::Float => 'f',
    };
    let little = if ty.endian == Endian::Little { "le" } else { "" };
    format!("{class}{}{little}", ty.width)
}

/// Writes a length as people do, with each operation in parentheses.
pub(super) fn length_text(length: &Length) -> String {
    match *length {
        Length::Number(number) => number.to_string(),
        Length::Field(name) | Length::Unknown(name) => name.to_owned(),
        Length::Operation(left, operator, right) => {
            let side = |side: &Length| match side {
                Length::Operation(..) => format!("({})", length_text(side)),
                side => length_text(side),
            };
            format!("{} {} {}", side(left), operator.symbol(), side(right))
        }
    }
}
