//! The option `active`: how frames are taken.

use kai_tcp_server_spec::option::Row;
use syn::{Expr, Lit};

use crate::options::literal::{constant, wrong};
use crate::options::number::evaluate;
use crate::options::value::{Active, Value};
use crate::syntax::{bare_expr, text, word};

/// Judges the value of `active`.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let takes = "`false`, `true`, `once` or a count of frames";
    let active = match (bare_expr(value), word(value).as_deref()) {
        (_, Some("once")) => Active::Once(value.clone()),
        (Expr::Lit(literal), _) => match &literal.lit {
            Lit::Bool(flag) if flag.value => Active::True,
            Lit::Bool(_) => Active::False,
            Lit::Int(_) => count(value)?,
            _ => {
                return Err(wrong(
                    value,
                    format_args!("`active` takes {takes}, not `{}`", text(value)),
                ));
            }
        },
        (_, None) if evaluate(value).is_some() => count(value)?,
        _ => {
            constant(value, row.word(), takes)?;
            Active::Count(value.clone())
        }
    };
    Ok(Value::Active(active))
}

fn count(value: &Expr) -> syn::Result<Active> {
    match evaluate(value) {
        Some(1..=0xffff_ffff) => Ok(Active::Count(value.clone())),
        Some(0) => Err(wrong(value, "`active` must count at least 1 frame; `false` is passive")),
        _ => Err(wrong(
            value,
            "`active` counts from 1 to 4294967295 frames; `true` is without a limit",
        )),
    }
}
