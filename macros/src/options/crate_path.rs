//! The option `crate`: the path of the runtime crate.

use kai_tcp_server_spec::option::Row;
use syn::Expr;

use crate::options::literal::wrong;
use crate::options::value::Value;
use crate::syntax::bare_expr;

/// Judges the value of `crate`.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Path(path) if path.qself.is_none() => Ok(Value::Crate(path.path.clone())),
        _ => Err(wrong(
            value,
            format_args!("`crate` takes the path of this crate, like `crate = {}`", row.example),
        )),
    }
}
