//! The fields of a layout.

use proc_macro2::TokenStream;
use syn::{Expr, Ident};

use super::length::Length;
use super::number::Number;

/// What a layout is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Pattern,
    Builder,
}

/// One field.
pub(crate) struct Field {
    pub(crate) value: Value,
    pub(crate) form: Form,
    /// All of it, as it was written.
    pub(crate) tokens: TokenStream,
}

/// What a field binds, compares or writes.
pub(crate) enum Value {
    /// It is bound to a name.
    Name(Ident),
    /// `_`: it is skipped.
    Blank,
    /// It is an expression's value.
    Expr(Expr),
    /// It is known while compiling: its bits, as they come.
    Constant(Vec<bool>),
}

/// What a field looks like on the wire.
pub(crate) enum Form {
    /// A number, and its type as it was written.
    Number(Number, Ident),
    Bytes(Size),
    /// Just the bits of its constant.
    Constant,
}

/// How many bytes a field has.
pub(crate) enum Size {
    Fixed(usize),
    Computed(Length),
    /// All that remain, or all that the value has.
    Open,
}

impl Field {
    /// How many bits it has, if that is known while compiling.
    pub(crate) fn bits(&self) -> Option<usize> {
        match (&self.value, &self.form) {
            (Value::Constant(bits), _) => Some(bits.len()),
            (_, Form::Number(number, _)) => Some(number.width as usize),
            (_, Form::Bytes(Size::Fixed(bytes))) => Some(bytes * 8),
            (_, Form::Bytes(_) | Form::Constant) => None,
        }
    }

    /// Whether it has to begin on a whole byte.
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
