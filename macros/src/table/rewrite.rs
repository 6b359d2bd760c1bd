//! Rewrites an arm: its pattern, its guard, and the names that the pattern binds.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Arm, BinOp, Expr, ExprBinary, ExprParen, Pat, PatGuard, Token, parse_quote};

use crate::table::pattern::Converted;

/// Splits an arm's pattern and its guard.
pub(super) fn split(pattern: &Pat) -> (Pat, Option<Expr>) {
    match pattern {
        Pat::Guard(guarded) => ((*guarded.pat).clone(), Some((*guarded.guard).clone())),
        pattern => (pattern.clone(), None),
    }
}

/// Makes a name that takes the `Bytes` themselves a variable of the arm's body.
pub(super) fn rename(arm: &mut Arm, name: &Pat, guard: Option<Expr>, scrutinee: &Expr) {
    let body = &arm.body;
    // The guard may be the only use of it.
    let allow = guard.is_some().then(|| quote!(#[allow(unused_variables)]));
    *arm.body = parse_quote!({ #allow let #name = #scrutinee; #body });
    arm.pat = match guard {
        None => parse_quote!(_),
        Some(guard) => {
            let lent = match name {
                Pat::Ident(name) => &name.ident,
                _ => return,
            };
            let condition = quote!(let ::core::option::Option::Some(#lent) = ::core::option::Option::Some(&#scrutinee));
            guarded(&quote!(_), vec![condition], Some(guard))
        }
    };
}

pub(super) fn rewrite(arm: &mut Arm, converted: Converted, guard: Option<Expr>) {
    let Converted { pattern, conditions } = converted;
    arm.pat = if conditions.is_empty() && guard.is_none() {
        Pat::Verbatim(pattern)
    } else {
        guarded(&pattern, conditions, guard)
    };
}

/// Makes `pattern if conditions && guard`.
pub(super) fn guarded(pattern: &TokenStream, conditions: Vec<TokenStream>, guard: Option<Expr>) -> Pat {
    let mut all: Vec<Expr> = conditions.into_iter().map(Expr::Verbatim).collect();
    if let Some(guard) = guard {
        all.extend(conjuncts(guard));
    }
    let guard = all.into_iter().reduce(|left, right| {
        Expr::Binary(ExprBinary {
            attrs: Vec::new(),
            left: Box::new(left),
            op: BinOp::And(Token![&&](Span::call_site())),
            right: Box::new(right),
        })
    });
    match guard {
        Some(guard) => Pat::Guard(PatGuard {
            attrs: Vec::new(),
            pat: Box::new(Pat::Verbatim(pattern.clone())),
            if_token: Token![if](Span::call_site()),
            guard: Box::new(guard),
        }),
        None => Pat::Verbatim(pattern.clone()),
    }
}

/// Returns the parts of a guard that `&&` joins, each of which can be a part of a chain.
pub(super) fn conjuncts(guard: Expr) -> Vec<Expr> {
    match guard {
        Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
            let mut parts = conjuncts(*both.left);
            parts.extend(conjuncts(*both.right));
            parts
        }
        part if stands_alone(&part) => vec![part],
        part => vec![Expr::Paren(ExprParen {
            attrs: Vec::new(),
            paren_token: syn::token::Paren(part.span()),
            expr: Box::new(part),
        })],
    }
}

pub(super) fn stands_alone(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(both) => matches!(
            both.op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
        ),
        Expr::Call(_)
        | Expr::Field(_)
        | Expr::Let(_)
        | Expr::Lit(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Unary(_) => true,
        _ => false,
    }
}
