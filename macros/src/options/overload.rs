//! The option `overload`: the handling of a connection while all processes are busy.

use kai_tcp_server_spec::option::Row;
use syn::{Expr, ExprCall, Lit};

use crate::options::literal::{constant, constant_of, wrong};
use crate::options::value::{Overload, Value};
use crate::syntax::{bare_expr, text, word};

/// All spellings.
const TAKES: &str = "`backlog`, `refuse` or `refuse(b\"busy\\r\\n\")`";

/// Judges the value of `overload`.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let overload = match (bare_expr(value), word(value).as_deref()) {
        (_, Some("backlog")) => Overload::Backlog,
        (_, Some("refuse")) => Overload::Refuse,
        (Expr::Call(call), _) if word(&call.func).is_some_and(|word| word == "refuse") => words(call)?,
        (Expr::Call(call), _) if word(&call.func).is_some() => return Err(unknown(value)),
        (Expr::Lit(literal), _) => {
            return Err(match &literal.lit {
                Lit::Str(spelling) if ["backlog", "refuse"].contains(&&*spelling.value()) => wrong(
                    value,
                    format_args!("write `overload = {}`, without quotes", spelling.value()),
                ),
                _ => unknown(value),
            });
        }
        _ => return constant_of(row, value, TAKES),
    };
    Ok(Value::Overload(overload))
}

/// Reads the text between the parentheses of `refuse(…)`.
fn words(call: &ExprCall) -> syn::Result<Overload> {
    let Some(words) = call.args.first().filter(|_| call.args.len() == 1) else {
        return Err(wrong(
            call,
            "`refuse(…)` takes the bytes to send, like `refuse(b\"busy\\r\\n\")`; `refuse` alone sends none",
        ));
    };
    match bare_expr(words) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::ByteStr(_) => {}
            Lit::Str(_) => {
                let literal = text(literal);
                return Err(wrong(words, format_args!("`refuse` takes bytes: `refuse(b{literal})`")));
            }
            _ => {
                return Err(wrong(
                    words,
                    format_args!(
                        "`refuse` takes bytes, like `refuse(b\"busy\\r\\n\")`, not `{}`",
                        text(words)
                    ),
                ));
            }
        },
        _ => constant(words, "refuse", "bytes, like `b\"busy\\r\\n\"`")?,
    }
    Ok(Overload::RefuseWith(words.clone()))
}

fn unknown(value: &Expr) -> syn::Error {
    wrong(value, format_args!("`overload` takes {TAKES}, not `{}`", text(value)))
}
