//! Options that are `true` or `false`.

use kai_tcp_server_spec::option::Row;
use syn::{Expr, Lit};

use crate::options::literal::{constant_of, wrong};
use crate::options::value::Value;
use crate::syntax::{bare_expr, text};

/// Judges the value of an option that takes a flag.
pub(super) fn flag(row: &Row, value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Lit(literal) if matches!(literal.lit, Lit::Bool(_)) => Ok(Value::Literal(value.clone())),
        Expr::Lit(_) => Err(wrong(
            value,
            format_args!("`{}` takes `true` or `false`, not `{}`", row.word(), text(value)),
        )),
        _ => constant_of(row, value, "`true` or `false`"),
    }
}

/// Judges the value of `ignore_case`. It can't be a constant, because the attribute itself needs
/// its value.
pub(super) fn case(row: &Row, value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Lit(literal) if let Lit::Bool(flag) = &literal.lit => Ok(Value::IgnoreCase(flag.value)),
        _ => Err(wrong(
            value,
            format_args!(
                "`{}` takes `true` or `false`, as the attribute has to know it, not `{}`",
                row.word(),
                text(value)
            ),
        )),
    }
}
