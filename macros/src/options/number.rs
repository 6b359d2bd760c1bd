//! Options that are whole numbers: literals, and computations with them, as `64 * 1024`.

use kai_tcp_server_spec::option::{Number, Row};
use syn::{BinOp, Expr, Lit, UnOp};

use crate::options::literal::{constant_of, wrong};
use crate::options::value::Value;
use crate::syntax::{bare_expr, text};

/// Returns the value of an expression of literals. Returns `None` if only the compiler can evaluate
/// it.
pub(crate) fn evaluate(expr: &Expr) -> Option<i128> {
    match bare_expr(expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => evaluate(&unary.expr)?.checked_neg(),
        Expr::Binary(binary) => {
            let (left, right) = (evaluate(&binary.left)?, evaluate(&binary.right)?);
            match binary.op {
                BinOp::Add(_) => left.checked_add(right),
                BinOp::Sub(_) => left.checked_sub(right),
                BinOp::Mul(_) => left.checked_mul(right),
                BinOp::Shl(_) => 2_i128.checked_pow(right.try_into().ok()?)?.checked_mul(left),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Judges the value of an option that takes a whole number.
pub(super) fn judge(row: &Row, range: Number, value: &Expr) -> syn::Result<Value> {
    let Number {
        least, most, because, ..
    } = range;
    let name = row.word();
    let Ok(number) = whole(value) else {
        let way_out = row.example;
        return Err(wrong(
            value,
            format_args!(
                "`{name}` takes a whole number, like `{name} = {way_out}`, not `{}`",
                text(value)
            ),
        ));
    };
    match number {
        Some(n) if n < i128::from(least) => {
            let reason = if because.is_empty() {
                String::new()
            } else {
                format!(": {because}")
            };
            Err(wrong(value, format_args!("`{name}` must be at least {least}{reason}")))
        }
        Some(n) if n > i128::from(most) => Err(wrong(value, format_args!("`{name}` must be from {least} to {most}"))),
        Some(_) => Ok(Value::Literal(value.clone())),
        None => constant_of(row, value, "a whole number"),
    }
}

/// Returns a whole number, `None` for a constant, or an error for another literal.
pub(super) fn whole(value: &Expr) -> syn::Result<Option<i128>> {
    match (evaluate(value), bare_expr(value)) {
        (Some(number), _) => Ok(Some(number)),
        (None, Expr::Lit(_)) => Err(wrong(
            value,
            format_args!("a whole number is expected here, not `{}`", text(value)),
        )),
        (None, _) => Ok(None),
    }
}
