//! Converts literals to bits.

use syn::{Error, Expr, Lit, LitFloat, LitInt, Result, UnOp};

use super::number::{Class, Number};
use crate::syntax::{bare_expr, text};

/// Returns a literal, and whether a `-` precedes it.
pub(crate) fn of(expr: &Expr) -> Option<(bool, &Lit)> {
    match bare_expr(expr) {
        Expr::Lit(literal) => Some((false, &literal.lit)),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match bare_expr(&unary.expr) {
            Expr::Lit(literal) => Some((true, &literal.lit)),
            _ => None,
        },
        _ => None,
    }
}

/// Formats a literal as people write it.
pub(crate) fn written(expr: &Expr) -> String {
    text(bare_expr(expr)).replace("- ", "-")
}

/// Returns the type suffix of a number: `u8` in `0x01u8`.
pub(crate) fn suffix(literal: &Lit) -> &str {
    match literal {
        Lit::Int(number) => number.suffix(),
        Lit::Float(number) => number.suffix(),
        _ => "",
    }
}

/// Returns the bits of a text.
pub(crate) fn text_bits(literal: &Lit) -> Option<Vec<bool>> {
    match literal {
        Lit::Str(text) => Some(bytes(text.value().as_bytes())),
        Lit::ByteStr(text) => Some(bytes(&text.value())),
        Lit::Byte(byte) => Some(bytes(&[byte.value()])),
        _ => None,
    }
}

/// Returns the bits of a number in a field of that type, in the order of the wire.
pub(crate) fn number_bits(expr: &Expr, negative: bool, literal: &Lit, number: Number, ty: &str) -> Result<Vec<bool>> {
    let raw = match (literal, number.class) {
        (Lit::Int(value), Class::Float) => float(value.base10_digits(), negative, number),
        (Lit::Float(value), Class::Float) => float(value.base10_digits(), negative, number),
        (Lit::Int(value), _) => integer(value, negative, number),
        (Lit::Float(value), _) => return Err(no_integer(value, ty)),
        _ => None,
    };
    match raw {
        Some(raw) => Ok(ordered(raw, number)),
        None => Err(Error::new_spanned(expr, does_not_fit(expr, number, ty))),
    }
}

fn no_integer(value: &LitFloat, ty: &str) -> Error {
    let message = format!(
        "`{}` is no integer, and `{ty}` is: a float is `f32` or `f64`",
        value.base10_digits()
    );
    Error::new(value.span(), message)
}

fn does_not_fit(expr: &Expr, number: Number, ty: &str) -> String {
    let value = written(expr);
    match number.range() {
        Some((least, greatest)) => format!("`{value}` doesn't fit: `{ty}` is {least} to {greatest}"),
        None => format!("`{value}` doesn't fit into `{ty}`"),
    }
}

/// Returns an integer's last bits, if it can be read back from them.
fn integer(value: &LitInt, negative: bool, number: Number) -> Option<u128> {
    let magnitude: u128 = value
        .base10_parse()
        .ok()
        .or_else(|| value.base10_digits().parse().ok())?;
    let all = u128::MAX >> (u128::BITS - number.width);
    let least = (number.class == Class::Signed).then(|| 1 << (number.width - 1));
    match (negative && magnitude > 0, least) {
        (false, None) => (magnitude <= all).then_some(magnitude),
        (false, Some(least)) => (magnitude < least).then_some(magnitude),
        (true, None) => None,
        (true, Some(least)) => (magnitude <= least).then(|| magnitude.wrapping_neg() & all),
    }
}

fn float(digits: &str, negative: bool, number: Number) -> Option<u128> {
    let digits = if negative {
        format!("-{digits}")
    } else {
        digits.to_owned()
    };
    if number.width == 32 {
        let float: f32 = digits.parse().ok()?;
        float.is_finite().then(|| float.to_bits().into())
    } else {
        let float: f64 = digits.parse().ok()?;
        float.is_finite().then(|| float.to_bits().into())
    }
}

/// Returns the bits of an integer in the order of the wire.
fn ordered(raw: u128, number: Number) -> Vec<bool> {
    let bit = |at: u32| raw >> at & 1 == 1;
    if !number.little {
        return (0..number.width).rev().map(bit).collect();
    }
    let mut bits = Vec::new();
    for low in (0..number.width).step_by(8) {
        bits.extend((low..number.width.min(low + 8)).rev().map(bit));
    }
    bits
}

/// Returns the integer of bits in the order of the wire.
pub(crate) fn raw(bits: &[bool], number: Number) -> u128 {
    let join = |value, bits: &[bool]| bits.iter().fold(value, |value, bit| value << 1 | u128::from(*bit));
    if number.little {
        bits.chunks(8).rev().fold(0, join)
    } else {
        join(0, bits)
    }
}

/// Returns the bits of bytes.
fn bytes(bytes: &[u8]) -> Vec<bool> {
    let mut bits = Vec::new();
    for byte in bytes {
        bits.extend((0..8).rev().map(|at| byte >> at & 1 == 1));
    }
    bits
}

/// Returns bits as an integer.
pub(crate) fn value(bits: &[bool]) -> u8 {
    bits.iter().fold(0, |value, bit| value << 1 | u8::from(*bit))
}
