//! The option `name`: the name of a server.

use kai_tcp_server_spec::option::{NameMistake, Row, judge_name};
use syn::Expr;

use crate::options::literal::{constant_of, is_constant_name, literal_text, wrong};
use crate::options::value::Value;
use crate::syntax::{text, word};

/// Judges the value of `name`.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    match literal_text(value) {
        Some(Ok(text)) => match judge_name(&text.value()) {
            None => Ok(Value::Literal(value.clone())),
            Some(NameMistake::Empty) => Err(wrong(
                value,
                "`name` must not be empty: leave the option out for a server without one",
            )),
            Some(NameMistake::ControlCharacter) => Err(wrong(
                value,
                "`name` must not contain control characters, as it stands in each log line",
            )),
        },
        Some(Err(_)) => Err(wrong(
            value,
            format_args!("`name` takes text: `name = \"{}\"`", text(value)),
        )),
        None => match word(value) {
            Some(word) if !is_constant_name(&word) => {
                Err(wrong(value, format_args!("`name` takes text: `name = \"{word}\"`")))
            }
            _ => constant_of(row, value, "text"),
        },
    }
}
