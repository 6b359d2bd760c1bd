//! The forms of frames that arms match, for the list of the protocol.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::{Lit, Pat, PatSlice};

use crate::bits::field::{Field, Form, Value};
use crate::bits::number::{Class, Number};
use crate::table::shape::Shape;
use crate::table::template::Template;
use crate::table::written::part;

/// The form of the frames that an alternative matches.
pub(crate) enum Frame {
    /// Exactly these bytes.
    Literal(Vec<u8>),
    Template(Template),
    Bits(Vec<Field>),
    /// Fields of one byte each, and any rest.
    Prefix(Vec<Field>),
    Rest,
    /// A pattern as it is written, which only rustc understands.
    Rust(String),
}

impl Frame {
    /// Returns the form of a template.
    pub(super) fn of_template(template: &Template, ignore_case: bool) -> Self {
        let folds = ignore_case && template.head().iter().any(u8::is_ascii_alphabetic);
        if template.is_literal() && !folds {
            Frame::Literal(template.head().to_vec())
        } else {
            Frame::Template(template.clone())
        }
    }

    /// Returns the form of a pattern of Rust's own, which has this shape.
    pub(super) fn of_pattern(pattern: &Pat, shape: &Shape) -> Self {
        let form = match shape {
            Shape::Anything => Some(Frame::Rest),
            Shape::Named(name) if !is_like_a_constant(name) => Some(Frame::Rest),
            Shape::Bytes(bytes) => Some(Frame::Literal(bytes.clone())),
            Shape::Slice { open, .. } => slice(pattern).and_then(|slice| Self::of_slice(slice, *open)),
            _ => None,
        };
        form.unwrap_or_else(|| Frame::Rust(part(pattern)))
    }

    /// Returns the form of a slice whose shape is known.
    fn of_slice(slice: &PatSlice, open: bool) -> Option<Self> {
        let known = slice.elems.len() - usize::from(open);
        let fields: Vec<Field> = slice.elems.iter().take(known).map(element).collect::<Option<_>>()?;
        let bytes: Option<Vec<u8>> = slice.elems.iter().take(known).map(byte).collect();
        Some(match (bytes, open) {
            (Some(bytes), true) if bytes.is_empty() => Frame::Rest,
            (_, true) => Frame::Prefix(fields),
            (Some(bytes), false) => Frame::Literal(bytes),
            (None, false) => Frame::Bits(fields),
        })
    }
}

/// Returns whether a name is written as constants are. rustc alone knows what it is.
pub(crate) fn is_like_a_constant(name: &Ident) -> bool {
    name.unraw().to_string().starts_with(char::is_uppercase)
}

/// Returns the slice that a pattern is, whatever names it has besides.
fn slice(pattern: &Pat) -> Option<&PatSlice> {
    match pattern {
        Pat::Slice(slice) => Some(slice),
        Pat::Paren(paren) => slice(&paren.pat),
        Pat::Ident(name) => slice(&name.subpat.as_ref()?.1),
        _ => None,
    }
}

/// Returns an element of a slice as a field.
fn element(pattern: &Pat) -> Option<Field> {
    let value = match byte(pattern) {
        Some(byte) => Value::Constant((0..8).rev().map(|at| byte >> at & 1 == 1).collect()),
        None => name(pattern)?,
    };
    let number = Number {
        class: Class::Unsigned,
        width: 8,
        little: false,
    };
    let form = match value {
        Value::Constant(_) => Form::Constant(Some(number)),
        _ => Form::Number(number, Ident::new("u8", Span::call_site())),
    };
    Some(Field {
        value,
        form,
        tokens: TokenStream::new(),
    })
}

fn name(pattern: &Pat) -> Option<Value> {
    match pattern {
        Pat::Wild(_) => Some(Value::Blank),
        Pat::Paren(paren) => name(&paren.pat),
        Pat::Ident(name) => Some(Value::Name(name.ident.clone())),
        _ => None,
    }
}

/// Returns the byte that an element must be.
fn byte(pattern: &Pat) -> Option<u8> {
    match pattern {
        Pat::Paren(paren) => byte(&paren.pat),
        Pat::Ident(name) => byte(&name.subpat.as_ref()?.1),
        Pat::Lit(literal) => match &literal.lit {
            Lit::Byte(byte) => Some(byte.value()),
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
