//! Whole numbers: literals and what can be computed from them, as `64 * 1024`.

use syn::{BinOp, Expr, Lit, UnOp};

use crate::syntax::bare_expr;

/// The value of an expression of literals. None for what only the compiler can evaluate.
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
