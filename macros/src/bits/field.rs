//! The fields of a layout.

use proc_macro2::TokenStream;
use syn::{Expr, Ident};

use super::length::Length;
use super::number::Number;

/// The use of a layout: a pattern, or a builder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Pattern,
    Builder,
}

/// One field.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) value: Value,
    pub(crate) form: Form,
    /// The whole field, as it is written.
    pub(crate) tokens: TokenStream,
}

/// The value that a field binds, compares or writes.
#[derive(Clone)]
pub(crate) enum Value {
    /// It is bound to a name.
    Name(Ident),
    /// `_`: it is skipped.
    Blank,
    /// It is an expression's value.
    Expr(Expr),
    /// It is known while compiling: its bits, in the order of the wire.
    Constant(Vec<bool>),
}

/// The form of a field on the wire.
#[derive(Clone)]
pub(crate) enum Form {
    /// A number, and its type as it was written.
    Number(Number, Ident),
    Bytes(Size),
    /// The bits of its constant; without a type it is text.
    Constant(Option<Number>),
}

/// The length of a field of bytes.
#[derive(Clone)]
pub(crate) enum Size {
    Fixed(usize),
    Computed(Length),
    /// All remaining bytes, or all bytes of the value.
    Open,
}

impl Field {
    /// Returns the number of its bits, if that is known while compiling.
    pub(crate) fn bits(&self) -> Option<usize> {
        match (&self.value, &self.form) {
            (Value::Constant(bits), _) => Some(bits.len()),
            (_, Form::Number(number, _)) => Some(number.width as usize),
            (_, Form::Bytes(Size::Fixed(bytes))) => Some(bytes * 8),
            (_, Form::Bytes(_) | Form::Constant(_)) => None,
        }
    }

    /// Returns whether it must begin on a whole byte.
    pub(crate) fn is_bytes(&self) -> bool {
        matches!(self.form, Form::Bytes(_))
    }

    pub(crate) fn name(&self) -> Option<&Ident> {
        match &self.value {
            Value::Name(name) => Some(name),
            _ => None,
        }
    }
}
