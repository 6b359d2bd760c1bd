//! Frames of binary layouts.

use super::random::Random;
use super::{ATTEMPTS, FRAME_MAX};
use crate::table::protocol::{Class, Endian, Field, Form, Length, Number, Value};

/// Makes a frame; if `wrong`, one of its numbers doesn't agree with the others.
pub(super) fn make(fields: &[Field], random: &mut Random, wrong: bool) -> Vec<u8> {
    let mut measures = Vec::new();
    for field in fields {
        if let Form::Bytes(length) = field.form {
            names(length, &mut measures);
        }
    }
    let mut values = Vec::new();
    let mut lengths = None;
    for attempt in 0..ATTEMPTS * 2 {
        values = fields
            .iter()
            .map(|field| number(field, &measures, attempt, random))
            .collect();
        lengths = lengths_of(fields, &values);
        if lengths.is_some() {
            break;
        }
    }
    let lengths = lengths.unwrap_or_else(|| vec![0; fields.len()]);
    if wrong {
        spoil(fields, &mut values, random);
    }
    write(fields, &values, &lengths, random)
}

/// Collects the names that a length is computed from.
fn names(length: Length, found: &mut Vec<&'static str>) {
    match length {
        Length::Number(_) => {}
        Length::Field(name) | Length::Unknown(name) => found.push(name),
        Length::Operation(left, _, right) => {
            names(*left, found);
            names(*right, found);
        }
    }
}

/// Makes the bits of a number. One that a length is computed from is small, and in later attempts
/// larger.
fn number(field: &Field, measures: &[&str], attempt: usize, random: &mut Random) -> u128 {
    let Form::Number(ty) = field.form else { return 0 };
    let all = u128::MAX >> (128 - ty.width.clamp(1, 128));
    let is_measure = field.name.is_some_and(|name| measures.contains(&name));
    match (field.value, ty.class) {
        (Value::Number(bits), _) => bits & all,
        (_, Class::Float) => float(ty, random),
        _ if is_measure => random.below(8 << (attempt / 8).min(9)) as u128 & all,
        _ => match random.below(6) {
            0 => 0,
            1 => all,
            2 => random.wide() & all,
            3 => all >> 1,
            _ => u128::from(random.number() % 16) & all,
        },
    }
}

/// Makes the bits of a finite float.
fn float(ty: Number, random: &mut Random) -> u128 {
    let value = random.pick(&[0.0_f32, 1.5, -2.25, 1.0e10]).copied().unwrap_or_default();
    if ty.width == 32 {
        value.to_bits().into()
    } else {
        f64::from(value).to_bits().into()
    }
}

/// Computes the length of each field of bytes. Returns `None` if one can't be.
fn lengths_of(fields: &[Field], values: &[u128]) -> Option<Vec<usize>> {
    let value = |name: &str| {
        let named = fields.iter().zip(values).find(|(field, _)| field.name == Some(name));
        // Guess what isn't known.
        let Some((field, &bits)) = named else { return Some(8) };
        match field.form {
            Form::Number(ty) => integer(bits, ty),
            _ => None,
        }
    };
    let mut total = 0;
    fields
        .iter()
        .map(|field| {
            let Form::Bytes(length) = field.form else {
                return Some(0);
            };
            let length = usize::try_from(length.compute(&value)?).ok()?;
            total += length;
            let is_given = matches!(field.value, Value::Bytes(_));
            (is_given || total <= FRAME_MAX).then_some(length)
        })
        .collect()
}

fn integer(bits: u128, ty: Number) -> Option<i128> {
    match ty.class {
        Class::Unsigned => i128::try_from(bits).ok(),
        Class::Signed => {
            let unused = 128 - ty.width.clamp(1, 128);
            Some((bits << unused).cast_signed() >> unused)
        }
        Class::Float => None,
    }
}

/// Changes one number: by one, or to one at the edge.
fn spoil(fields: &[Field], values: &mut [u128], random: &mut Random) {
    let numbers: Vec<usize> = (0..fields.len())
        .filter(|&at| matches!(fields[at].form, Form::Number(_)))
        .collect();
    let Some(&at) = random.pick(&numbers) else { return };
    values[at] = match random.below(5) {
        0 => values[at].wrapping_add(1),
        1 => values[at].wrapping_sub(1),
        2 => 0,
        3 => u128::MAX,
        _ => random.wide(),
    };
}

fn write(fields: &[Field], values: &[u128], lengths: &[usize], random: &mut Random) -> Vec<u8> {
    let mut bits = Bits::default();
    for ((field, &value), &length) in fields.iter().zip(values).zip(lengths) {
        match (field.form, field.value) {
            (Form::Number(ty), _) => bits.number(value, ty),
            (Form::Bytes(_), Value::Bytes(bytes)) => bits.bytes(bytes),
            (Form::Bytes(_), _) => bits.bytes(&random.exactly(length)),
            (Form::Rest, _) => bits.bytes(&random.bytes(32)),
        }
    }
    bits.bytes
}

/// Bytes that are written bit by bit.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// The bits of the last byte that are taken; 0 if all are.
    taken: u32,
}

impl Bits {
    fn number(&mut self, value: u128, ty: Number) {
        for at in order(ty.width, ty.endian) {
            self.bit(value >> at & 1 == 1);
        }
    }

    fn bit(&mut self, bit: bool) {
        if self.taken == 0 {
            self.bytes.push(0);
        }
        if let (true, Some(last)) = (bit, self.bytes.last_mut()) {
            *last |= 0x80 >> self.taken;
        }
        self.taken = (self.taken + 1) % 8;
    }

    /// Writes whole bytes, which begin on one.
    fn bytes(&mut self, bytes: &[u8]) {
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }
}

/// Returns the bits of a number in the order in which they are sent: each is its place from the
/// least significant one.
///
/// A little-endian number is sent in groups of eight bits, the least significant first; the last
/// group may be shorter.
pub(crate) fn order(width: u32, endian: Endian) -> Vec<u32> {
    match endian {
        Endian::Big => (0..width).rev().collect(),
        Endian::Little => (0..width)
            .step_by(8)
            .flat_map(|group| (group..(group + 8).min(width)).rev())
            .collect(),
    }
}
