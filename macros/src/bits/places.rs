//! The positions of fields: runs of fields at known positions, and the steps between the runs.

use syn::Ident;

use super::field::{Field, Form, Size, Value};
use super::length::Length;
use super::number::Number;

/// A step in matching a layout.
pub(crate) enum Step<'f> {
    /// A number of bytes whose fields all have known positions.
    Run { bytes: usize, parts: Vec<Part<'f>> },
    /// As many bytes as a length computes.
    Take(&'f Value, &'f Length),
    /// All remaining bytes.
    Rest(&'f Value),
}

/// A field of a run.
pub(crate) struct Part<'f> {
    /// Its first bit.
    pub(crate) at: usize,
    pub(crate) content: Content<'f>,
}

pub(crate) enum Content<'f> {
    /// One constant, or several adjacent ones.
    Constant(Vec<bool>),
    Number(&'f Value, Number),
    Array(&'f Value, usize),
}

/// Returns the steps that match these fields.
pub(crate) fn steps(fields: &[Field]) -> Vec<Step<'_>> {
    let (mut steps, mut run) = (Vec::new(), Run::default());
    for field in fields {
        let step = match (&field.value, &field.form) {
            (value, Form::Bytes(Size::Computed(length))) => Step::Take(value, length),
            (value, Form::Bytes(Size::Open)) => Step::Rest(value),
            (Value::Constant(bits), _) => {
                run.constant(bits);
                continue;
            }
            (value, Form::Number(number, _)) => {
                run.push(number.width as usize, Content::Number(value, *number));
                continue;
            }
            (value, Form::Bytes(Size::Fixed(bytes))) => {
                run.push(bytes * 8, Content::Array(value, *bytes));
                continue;
            }
            (_, Form::Constant(_)) => continue,
        };
        steps.extend(run.end());
        steps.push(step);
    }
    steps.extend(run.end());
    steps
}

/// The part of a run that has been read.
#[derive(Default)]
struct Run<'f> {
    bits: usize,
    parts: Vec<Part<'f>>,
}

impl<'f> Run<'f> {
    fn push(&mut self, bits: usize, content: Content<'f>) {
        self.parts.push(Part { at: self.bits, content });
        self.bits += bits;
    }

    fn constant(&mut self, bits: &[bool]) {
        if let Some(Part {
            content: Content::Constant(before),
            ..
        }) = self.parts.last_mut()
        {
            before.extend(bits);
            self.bits += bits.len();
        } else {
            self.push(bits.len(), Content::Constant(bits.to_vec()));
        }
    }

    fn end(&mut self) -> Option<Step<'f>> {
        let Run { bits, parts } = std::mem::take(self);
        (!parts.is_empty()).then_some(Step::Run { bytes: bits / 8, parts })
    }
}

/// Returns the fewest and the most bytes of the fields together, as far as known.
pub(crate) fn lengths(fields: &[Field]) -> (usize, Option<usize>) {
    let (mut min, mut max, mut bits) = (0_usize, Some(0_usize), 0_usize);
    for (at, field) in fields.iter().enumerate() {
        if let Some(known) = field.bits() {
            bits = bits.saturating_add(known);
            continue;
        }
        let (least, greatest) = match &field.form {
            Form::Bytes(Size::Computed(length)) => match bytes_of(length, &fields[..at]) {
                Some((least, greatest)) => (usize::try_from(least).unwrap_or(0), usize::try_from(greatest).ok()),
                None => (0, None),
            },
            _ => (0, None),
        };
        min = min.saturating_add(least);
        max = max.zip(greatest).and_then(|(a, b)| a.checked_add(b));
    }
    (
        min.saturating_add(bits / 8),
        max.and_then(|max| max.checked_add(bits / 8)),
    )
}

/// Returns the least and the greatest value of a length, over the fields before it.
pub(crate) fn bytes_of(length: &Length, before: &[Field]) -> Option<(i128, i128)> {
    length.range(&|name: &Ident| {
        let field = before.iter().find(|field| field.name() == Some(name))?;
        match &field.form {
            Form::Number(number, _) => number.range(),
            _ => None,
        }
    })
}
