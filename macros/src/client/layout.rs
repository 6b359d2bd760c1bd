//! Builds binary layouts: constants and lengths are known, all other fields are parameters.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{BinOp, Expr};

use super::Scope;
use super::built::{Built, Same};
use crate::bits::field::{Field, Form, Size, Value};
use crate::bits::length::{Length, name};
use crate::bits::literal;
use crate::bits::number::{Class, Number};
use crate::syntax::bare_expr;
use crate::table::frame::is_like_a_constant;

/// Returns a field that takes all remaining bytes, without a name.
pub(super) fn rest() -> Field {
    Field {
        value: Value::Blank,
        form: Form::Bytes(Size::Open),
        tokens: TokenStream::new(),
    }
}

/// Returns the first field whose length only the server knows: it is computed from a variable, or
/// from a field of one.
pub(super) fn first_open(fields: &[Field]) -> Option<usize> {
    fields.iter().enumerate().position(|(at, field)| match &field.form {
        Form::Bytes(Size::Computed(length)) => !is_known(length, &fields[..at]),
        _ => false,
    })
}

fn is_known(length: &Length, before: &[Field]) -> bool {
    match length {
        Length::Number(_) => true,
        Length::Operation(left, _, right) => is_known(left, before) && is_known(right, before),
        Length::Place(place) => match name(place) {
            Some(word) => is_like_a_constant(word) || before.iter().any(|field| field.name() == Some(word)),
            // A path of several segments is a constant's.
            None => matches!(bare_expr(place), Expr::Path(_)),
        },
    }
}

/// Builds a layout.
pub(super) fn build(fields: &[Field], out: &Ident, scope: &Scope) -> Built {
    let mut built = Built::default();
    let bits = {
        let krate = &scope.options.krate;
        quote!(#krate::__private::bits)
    };
    for (at, field) in fields.iter().enumerate() {
        let written = match &field.value {
            Value::Constant(constant) => constants(constant, out),
            Value::Blank => blank(field, out, &bits),
            Value::Name(name) if is_like_a_constant(name) => value(field, &quote!(#name), &name.to_string(), out),
            Value::Expr(expr) => value(field, &quote!((#expr)), "", out),
            Value::Name(name) => {
                let solution = solved(name, &fields[at + 1..], fields, scope);
                if let (Some(solution), Form::Number(number, _)) = (solution, &field.form) {
                    let (text, signed, width, little) = (
                        name.to_string(),
                        number.class == Class::Signed,
                        number.width,
                        number.little,
                    );
                    quote!(#out.solved(#text, #solution, #signed, #width, #little);)
                } else {
                    built.parameters.push((name.clone(), ty(field), same(field)));
                    value(field, &quote!(#name), &name.to_string(), out)
                }
            }
        };
        built.writes.push(written);
    }
    built
}

fn constants(constant: &[bool], out: &Ident) -> TokenStream {
    let writes = constant.chunks(8).map(|bits| {
        let (value, width) = (literal::value(bits), u32::try_from(bits.len()).unwrap_or(0));
        quote!(#out.big("", #value, #width);)
    });
    quote!(#(#writes)*)
}

/// Writes a field that the server skips.
fn blank(field: &Field, out: &Ident, bits: &TokenStream) -> TokenStream {
    match &field.form {
        Form::Number(number, _) => {
            let width = number.width;
            quote!(#out.big("", 0_u128, #width);)
        }
        Form::Bytes(Size::Fixed(length)) => quote!(#out.zeros(#bits::length(#length));),
        Form::Bytes(Size::Computed(length)) => {
            let length = length.lower(bits);
            quote!(#out.zeros(#length);)
        }
        Form::Bytes(Size::Open) | Form::Constant(_) => TokenStream::new(),
    }
}

fn value(field: &Field, value: &TokenStream, name: &str, out: &Ident) -> TokenStream {
    let Form::Number(number, _) = &field.form else {
        return quote!(#out.bytes(#value););
    };
    let (storage, width) = (storage(*number), number.width);
    let order = format_ident!("{}", if number.little { "little" } else { "big" });
    let typed = Ident::new("__value", Span::mixed_site());
    let raw = if number.class == Class::Float {
        quote!(#typed.to_bits())
    } else {
        quote!(#typed)
    };
    quote!({ let #typed: #storage = #value; #out.#order(#name, #raw, #width); })
}

fn storage(number: Number) -> TokenStream {
    let storage = format_ident!("{}", number.storage());
    quote!(::core::primitive::#storage)
}

fn ty(field: &Field) -> TokenStream {
    match &field.form {
        Form::Number(number, _) => storage(*number),
        Form::Bytes(Size::Fixed(length)) => {
            let length = Literal::usize_unsuffixed(*length);
            quote!(&[::core::primitive::u8; #length])
        }
        _ => quote!(&[::core::primitive::u8]),
    }
}

fn same(field: &Field) -> Same {
    match &field.form {
        Form::Number(number, _) if number.class == Class::Float => Same::Float,
        Form::Number(..) => Same::Value,
        _ => Same::Bytes,
    }
}

/// Solves the field of a number for the length of the first value that it alone decides. Returns
/// `None` if there is none: then it is a parameter.
fn solved(field: &Ident, behind: &[Field], all: &[Field], scope: &Scope) -> Option<TokenStream> {
    let lengths = |field: &Field| match &field.form {
        Form::Bytes(Size::Computed(length)) => Some((field.name().cloned(), length.clone())),
        _ => None,
    };
    let lengths: Vec<_> = behind.iter().filter_map(lengths).collect();
    let is_skipped = lengths
        .iter()
        .any(|(name, length)| name.is_none() && length.names().contains(&field));
    if is_skipped {
        return None;
    }
    let is_field = |name: &&&Ident| all.iter().any(|field| field.name() == Some(**name));
    lengths.iter().find_map(|(value, length)| {
        let value = value.as_ref().filter(|value| !is_like_a_constant(value))?;
        let names = length.names();
        let fields: Vec<_> = names.iter().filter(is_field).collect();
        if fields.len() != 1 || **fields[0] != *field {
            return None;
        }
        let client = &scope.client;
        invert(length, field, quote!(#client::solve(#value)), scope)
    })
}

fn invert(length: &Length, field: &Ident, result: TokenStream, scope: &Scope) -> Option<TokenStream> {
    let Length::Operation(left, operator, right) = length else {
        return Some(result);
    };
    let krate = &scope.options.krate;
    let bits = quote!(#krate::__private::bits);
    let in_left = left.names().contains(&field);
    let (inner, other) = if in_left { (left, right) } else { (right, left) };
    let step = match (operator, in_left) {
        (BinOp::Add(_), _) => "plus",
        (BinOp::Sub(_), true) => "minus",
        (BinOp::Sub(_), false) => "from",
        (BinOp::Mul(_), _) => "times",
        (BinOp::Shl(_), true) => "shifted",
        _ => return None,
    };
    let (step, other) = (format_ident!("{step}"), other.lower(&bits));
    invert(inner, field, quote!(#result.#step(#other)), scope)
}
