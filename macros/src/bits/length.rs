//! Lengths of byte fields, as computations: `[u8; 2 * len - 4]`.
//!
//! The runtime's `Length` computes them. Its operators check for overflow, so that a peer's data
//! can't cause a panic.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{BinOp, Error, Expr, Ident, Lit, Result};

use crate::syntax::{bare_expr, text};

/// A computation over integers.
#[derive(Clone)]
pub(crate) enum Length {
    Number(i128),
    /// A field, a constant, a variable or a field of one.
    Place(Expr),
    Operation(Box<Length>, BinOp, Box<Length>),
}

const ALLOWED: &str = "a length is computed of numbers and names, with `+`, `-`, `*`, `/`, `%`, `<<` and `>>`";

impl Length {
    pub(crate) fn read(expr: &Expr) -> Result<Self> {
        match bare_expr(expr) {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse().map(Length::Number),
                other => Err(Error::new_spanned(other, ALLOWED)),
            },
            Expr::Binary(binary) if is_allowed(&binary.op) => Ok(Length::Operation(
                Box::new(Self::read(&binary.left)?),
                binary.op,
                Box::new(Self::read(&binary.right)?),
            )),
            Expr::Cast(cast) => {
                let operand = text(bare_expr(&cast.expr));
                let message = format!("lengths need no cast, as they are computed in a wide type: write `{operand}`");
                Err(Error::new_spanned(cast, message))
            }
            place if is_place(place) => Ok(Length::Place(place.clone())),
            other => Err(Error::new_spanned(other, ALLOWED)),
        }
    }

    /// Returns the names in it, which may be earlier fields.
    pub(crate) fn names(&self) -> Vec<&Ident> {
        match self {
            Length::Number(_) => Vec::new(),
            Length::Place(place) => name(place).into_iter().collect(),
            Length::Operation(left, _, right) => [left.names(), right.names()].concat(),
        }
    }

    /// Returns whether it is a constant, the same in every place.
    pub(crate) fn is_constant(&self) -> bool {
        match self {
            Length::Number(_) => true,
            Length::Place(_) => false,
            Length::Operation(left, _, right) => left.is_constant() && right.is_constant(),
        }
    }

    /// Returns its least and greatest value, given those of the names. Returns `None` if unknown.
    pub(crate) fn range(&self, of: &dyn Fn(&Ident) -> Option<(i128, i128)>) -> Option<(i128, i128)> {
        match self {
            Length::Number(number) => Some((*number, *number)),
            Length::Place(place) => name(place).and_then(of),
            Length::Operation(left, operator, right) => between(left.range(of)?, operator, right.range(of)?),
        }
    }

    /// Returns the computation in the runtime's types.
    pub(crate) fn lower(&self, bits: &TokenStream) -> TokenStream {
        match self {
            Length::Number(number) => quote!(#bits::length(#number)),
            Length::Place(place) => quote!(#bits::length(#place)),
            Length::Operation(left, operator, right) => {
                let (left, right) = (left.lower(bits), right.lower(bits));
                quote!((#left #operator #right))
            }
        }
    }
}

fn is_allowed(operator: &BinOp) -> bool {
    use BinOp::{Add, Div, Mul, Rem, Shl, Shr, Sub};
    matches!(operator, Add(_) | Sub(_) | Mul(_) | Div(_) | Rem(_) | Shl(_) | Shr(_))
}

/// Returns whether an expression is a name, a path or a field of one, which is read without running
/// any code.
fn is_place(expr: &Expr) -> bool {
    match bare_expr(expr) {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        _ => false,
    }
}

/// Returns the name that a place is, if it is no more.
pub(crate) fn name(place: &Expr) -> Option<&Ident> {
    match bare_expr(place) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Returns the range of results that the ends of two ranges give.
fn between(left: (i128, i128), operator: &BinOp, right: (i128, i128)) -> Option<(i128, i128)> {
    let compute: fn(i128, i128) -> Option<i128> = match operator {
        BinOp::Add(_) => i128::checked_add,
        BinOp::Sub(_) => i128::checked_sub,
        BinOp::Mul(_) => i128::checked_mul,
        BinOp::Div(_) if right.0 > 0 => i128::checked_div,
        BinOp::Rem(_) if left.0 == left.1 && right.0 == right.1 => i128::checked_rem,
        BinOp::Rem(_) if left.0 >= 0 && right.0 > 0 => return Some((0, left.1.min(right.1 - 1))),
        BinOp::Shl(_) => |a, b| a.checked_mul(1_i128.checked_shl(u32::try_from(b).ok()?).filter(|power| *power > 0)?),
        BinOp::Shr(_) => |a, b| a.checked_shr(u32::try_from(b).ok()?),
        _ => return None,
    };
    let ends = [
        compute(left.0, right.0)?,
        compute(left.0, right.1)?,
        compute(left.1, right.0)?,
        compute(left.1, right.1)?,
    ];
    Some((ends.into_iter().min()?, ends.into_iter().max()?))
}
