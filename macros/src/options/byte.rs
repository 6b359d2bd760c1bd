//! Options that are a byte.

use kai_tcp_server_spec::option::Row;
use syn::{Expr, Lit};

use crate::options::literal::{constant_of, wrong};
use crate::options::number::evaluate;
use crate::options::value::Value;
use crate::syntax::{bare_expr, text};

/// Judges the value of an option that takes a byte.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let is_byte = evaluate(value).is_some_and(|number| u8::try_from(number).is_ok());
    let meant = match bare_expr(value) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Byte(_) => return Ok(Value::Literal(value.clone())),
            Lit::Int(_) if is_byte => return Ok(Value::Literal(value.clone())),
            Lit::Char(letter) => Some(letter.value()),
            Lit::Str(text) => only(text.value().chars()),
            Lit::ByteStr(bytes) => only(bytes.value().into_iter().map(char::from)),
            _ => None,
        },
        _ if is_byte => return Ok(Value::Literal(value.clone())),
        _ if evaluate(value).is_none() => return constant_of(row, value, "a byte"),
        _ => None,
    };
    let byte = meant.and_then(|letter| u8::try_from(letter).ok()).filter(u8::is_ascii);
    let example = byte.map_or_else(|| row.example.to_owned(), byte_literal);
    Err(wrong(
        value,
        format_args!(
            "`{0}` takes a byte, like `{0} = {example}`, not `{1}`",
            row.word(),
            text(value)
        ),
    ))
}

/// Formats a byte as a literal.
pub(crate) fn byte_literal(byte: u8) -> String {
    match byte {
        0 => "b'\\0'".to_owned(),
        byte => format!("b'{}'", byte.escape_ascii()),
    }
}

/// Returns the only item, if there is exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}
