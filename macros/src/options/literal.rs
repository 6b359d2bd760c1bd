//! Helpers for values of all kinds: literals, constants, mistakes.

use kai_tcp_server_spec::option::Row;
use syn::{Expr, Lit, LitStr};

use crate::options::value::Value;
use crate::syntax::{bare_expr, word};

/// Returns the text of a literal, `Err` for another literal, and `None` for anything else.
pub(super) fn literal_text(value: &Expr) -> Option<Result<&LitStr, &Lit>> {
    match bare_expr(value) {
        Expr::Lit(literal) => Some(match &literal.lit {
            Lit::Str(text) => Ok(text),
            other => Err(other),
        }),
        _ => None,
    }
}

pub(super) fn constant_of(row: &Row, value: &Expr, takes: &str) -> syn::Result<Value> {
    constant(value, row.word(), takes).map(|()| Value::Constant(value.clone()))
}

/// Checks that an expression can be a constant. A lower-case word is rather a misspelled value than
/// a constant's name.
pub(super) fn constant(value: &Expr, name: &str, takes: &str) -> syn::Result<()> {
    let name = name.trim_matches('`');
    match word(value) {
        Some(word) if !is_constant_name(&word) => Err(wrong(
            value,
            format_args!("`{name}` takes {takes}, or a constant, not `{word}`"),
        )),
        _ => Ok(()),
    }
}

pub(super) fn is_constant_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_uppercase() || first == '_')
}

pub(super) fn wrong(value: impl quote::ToTokens, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(value, message)
}
