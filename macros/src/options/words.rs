//! Options that are text, or a list of texts: names and paths.

use kai_tcp_server_spec::option::{Row, TextMistake, judge_text};
use syn::{Expr, Lit};

use crate::options::literal::{constant, constant_of, is_constant_name, literal_text, wrong};
use crate::options::value::Value;
use crate::syntax::{bare_expr, text, word};

/// Judges the value of an option that takes a text.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let name = row.word();
    match literal_text(value) {
        Some(Ok(text)) => match judge_text(&text.value()) {
            None => Ok(Value::Literal(value.clone())),
            Some(mistake) => Err(told(name, value, mistake)),
        },
        Some(Err(_)) => Err(wrong(
            value,
            format_args!("`{name}` takes text: `{name} = \"{}\"`", text(value)),
        )),
        None => match word(value) {
            Some(word) if !is_constant_name(&word) => {
                Err(wrong(value, format_args!("`{name}` takes text: `{name} = \"{word}\"`")))
            }
            _ => constant_of(row, value, "text"),
        },
    }
}

/// Judges the value of an option that takes a list of texts, or one text. Each is judged
/// separately, so that no mistake hides another.
pub(super) fn judge_list(row: &Row, value: &Expr) -> syn::Result<Value> {
    let Expr::Array(list) = bare_expr(value) else {
        return match literal_text(value) {
            Some(_) => item(row, value).map(|()| Value::Texts(vec![value.clone()])),
            None => constant_of(row, value, "text, or a list of texts"),
        };
    };
    let mut mistakes: Option<syn::Error> = None;
    for error in list.elems.iter().filter_map(|text| item(row, text).err()) {
        match &mut mistakes {
            Some(mistakes) => mistakes.combine(error),
            None => mistakes = Some(error),
        }
    }
    mistakes.map_or_else(|| Ok(Value::Texts(list.elems.iter().cloned().collect())), Err)
}

fn item(row: &Row, item: &Expr) -> syn::Result<()> {
    let name = row.word();
    match literal_text(item) {
        Some(Ok(text)) => judge_text(text.value().trim()).map_or(Ok(()), |mistake| Err(told(name, item, mistake))),
        Some(Err(literal)) => {
            let meant = match literal {
                Lit::ByteStr(bytes) => format!("{:?}", String::from_utf8_lossy(&bytes.value())),
                _ => format!("\"{}\"", text(literal)),
            };
            Err(wrong(item, format_args!("`{name}` takes text: {meant}")))
        }
        None => match word(item) {
            Some(word) if !is_constant_name(&word) => Err(wrong(item, format_args!("`{name}` takes text: \"{word}\""))),
            _ => constant(item, name, "text"),
        },
    }
}

fn told(name: &str, value: &Expr, mistake: TextMistake) -> syn::Error {
    match mistake {
        TextMistake::Empty => wrong(
            value,
            format_args!("`{name}` must not be empty: leave it out for a server without one"),
        ),
        TextMistake::ControlCharacter => wrong(
            value,
            format_args!("`{name}` must not contain control characters, as it stands in the log"),
        ),
    }
}
