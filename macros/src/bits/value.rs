//! The values of fields: a name, an expression or a literal before the type.

use syn::{Error, Expr, Ident, Lit, Result};

use super::field::{Form, Role, Size, Value};
use super::literal;
use super::number::Number;
use crate::syntax::bare_expr;

/// Returns the meaning of a value in a layout of this role.
pub(crate) fn meaning(value: Expr, form: Option<Form>, role: Role) -> Result<(Value, Form)> {
    if let Some((negative, literal)) = literal::of(&value)
        && let Some((constant, number)) = constant(&value, negative, literal, form.as_ref(), role)?
    {
        return Ok((Value::Constant(constant), Form::Constant(number)));
    }
    match role {
        Role::Pattern => matched(&value, form),
        Role::Builder => built(value, form),
    }
}

/// Returns what a pattern binds, compares or skips.
fn matched(value: &Expr, form: Option<Form>) -> Result<(Value, Form)> {
    let (value, untyped) = match bare_expr(value) {
        Expr::Infer(blank) => {
            let message = "say what is skipped: `_: u8`, or `_: [u8]` for all that remains".to_owned();
            (Value::Blank, Error::new_spanned(blank, message))
        }
        other => {
            let Some(name) = name(other) else {
                let message = "a field is a name, `_` or a literal: what it has to be besides is for a guard";
                return Err(Error::new_spanned(other, message));
            };
            let message = format!("`{name}` needs a type: `{name}: u8`, or `{name}: [u8]` for all that remains");
            (Value::Name(name.clone()), Error::new_spanned(name, message))
        }
    };
    form.map(|form| (value, form)).ok_or(untyped)
}

/// Returns the name that can be bound, if it is one: not a path, and not a keyword such as `self`.
fn name(value: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = value else { return None };
    let name = path.path.get_ident().filter(|_| path.qself.is_none())?;
    let keyword = ["self", "Self", "super", "crate"].iter().any(|keyword| name == keyword);
    (!keyword).then_some(name)
}

/// Returns what a builder writes.
fn built(value: Expr, form: Option<Form>) -> Result<(Value, Form)> {
    if !matches!(bare_expr(&value), Expr::Infer(_)) {
        return Ok((Value::Expr(value), form.unwrap_or(Form::Bytes(Size::Open))));
    }
    let message = match form {
        Some(Form::Number(_, ty)) => format!("a value has to stand here: `0: {ty}` writes zeros"),
        _ => "a value has to stand here".to_owned(),
    };
    Err(Error::new_spanned(value, message))
}

/// Returns the bits of a literal, and its type if it is a number. Returns `None` if it is an
/// ordinary expression here, as text with a given length is.
fn constant(
    value: &Expr,
    negative: bool,
    literal: &Lit,
    form: Option<&Form>,
    role: Role,
) -> Result<Option<(Vec<bool>, Option<Number>)>> {
    let error = |message: String| Err(Error::new_spanned(value, message));
    let written = literal::written(value);
    if let Some(bits) = literal::text_bits(literal).filter(|_| !negative) {
        return match (form, role, literal) {
            (None, ..) => Ok(Some((bits, None))),
            (Some(Form::Bytes(_)), Role::Builder, Lit::Str(_) | Lit::ByteStr(_))
            | (Some(_), Role::Builder, Lit::Byte(_)) => Ok(None),
            _ => error(format!(
                "text is its own bytes and has no type: write `{written}` alone"
            )),
        };
    }
    let suffix = literal::suffix(literal);
    match (literal, form) {
        (Lit::Int(_) | Lit::Float(_), Some(Form::Number(..))) if !suffix.is_empty() => {
            error(format!("`{written}` has its type already"))
        }
        (Lit::Int(_) | Lit::Float(_), Some(Form::Number(number, ty))) => {
            let bits = literal::number_bits(value, negative, literal, *number, &ty.to_string())?;
            Ok(Some((bits, Some(*number))))
        }
        (Lit::Int(_) | Lit::Float(_), Some(_)) => error(format!("`{written}` is no bytes: give it a number's type")),
        (Lit::Int(_) | Lit::Float(_), None) if suffix.is_empty() => {
            let ty = if matches!(literal, Lit::Int(_)) { "u8" } else { "f32" };
            error(format!(
                "`{written}` needs a width: write `{written}{ty}`, or another type"
            ))
        }
        (Lit::Int(_) | Lit::Float(_), None) => match Number::read(suffix) {
            Ok(number) => {
                let bits = literal::number_bits(value, negative, literal, number, suffix)?;
                Ok(Some((bits, Some(number))))
            }
            Err(message) => error(message),
        },
        (Lit::Char(char), _) if char.value().is_ascii() => error(format!("a byte is written `b{written}`")),
        (Lit::Char(char), _) => error(format!("text is written `\"{}\"`", char.value())),
        (Lit::Bool(flag), _) => error(format!("a flag is written `{}u1`", u8::from(flag.value))),
        _ => error(format!("`{written}` can't be a field: bytes are written `b\"…\"`")),
    }
}
