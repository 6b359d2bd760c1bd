//! Makes each listed arm count its calls, at its beginning.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Block, Expr, ExprBlock, ExprMatch, Path, Stmt, parse_quote, token};

use crate::table::model::Arm;

/// Marks the arms of a table. `listed` are all arms up to its last one; the table's own begin at
/// `from`.
pub(crate) fn mark(table: &mut ExprMatch, listed: &[&Arm], from: usize, krate: &Path) {
    for (at, arm) in table.arms.iter_mut().enumerate() {
        let place = place(&listed[..from + at]);
        say_first(arm, parse_quote!(#krate::__private::arms::hit(#place);));
    }
}

/// Puts a statement before an arm's value.
pub(crate) fn say_first(arm: &mut syn::Arm, statement: Stmt) {
    let body = std::mem::replace(&mut *arm.body, Expr::PLACEHOLDER);
    *arm.body = before(statement, body);
}

/// Makes a block of a statement and a value. The value stays one expression, whatever it begins
/// with.
fn before(statement: Stmt, value: Expr) -> Expr {
    let brace_token = token::Brace(Span::mixed_site().located_at(value.span()));
    Expr::Block(ExprBlock {
        attrs: Vec::new(),
        label: None,
        block: Block {
            brace_token,
            stmts: vec![statement, Stmt::Expr(value, None)],
        },
    })
}

/// Returns the position of an arm behind others, some of which a `cfg` may remove.
fn place(before: &[&Arm]) -> TokenStream {
    let conditions: Vec<TokenStream> = before.iter().filter_map(|arm| arm.condition()).collect();
    let certain = u32::try_from(before.len() - conditions.len()).unwrap_or(u32::MAX);
    let perhaps = conditions.iter().map(|condition| {
        quote!(+ <::core::primitive::u32 as ::core::convert::From<::core::primitive::bool>>::from(::core::cfg!(#condition)))
    });
    quote!(#certain #(#perhaps)*)
}
