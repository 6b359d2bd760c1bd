//! The check for templates outside a table: in an `if let`, a `let … else`, a `matches!`. There a
//! string is Rust's own pattern, which doesn't match bytes.
//!
//! Without this check, the 10 mistakes in `ui-tests/fail/template_outside_of_a_match.rs` are 19
//! errors of rustc: "expected `&[u8]`, found `&str`" and "cannot find value `key`". None of them
//! says that a template must be the arm of a `match`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Expr, LitStr, Macro, Pat, Token, Type, parse_quote};

use crate::report::Report;
use crate::table::shape::string;
use crate::table::site::{Data, cases};
use crate::table::template::{self, Kind, Piece, Template};

/// Reports the strings that the frame is compared with. Makes the comparison bind what they
/// capture, so that no further errors follow.
pub(crate) fn check(pattern: &mut Pat, with: &mut Expr, data: Option<&Data>, report: &mut Report) {
    let Some(data) = data.filter(|data| data.is_as_bytes(with)) else {
        return;
    };
    let strings: Vec<LitStr> = cases(pattern).into_iter().filter_map(string).cloned().collect();
    let mut first: Option<Template> = None;
    for literal in &strings {
        let template = template::parse(&literal.value()).ok();
        report.error(literal, message(literal, template.as_ref(), &data.name));
        first = first.or(template);
    }
    if !strings.is_empty() {
        let pieces = first.map(|template| template.pieces).unwrap_or_default();
        let (names, types): (Vec<_>, Vec<_>) = pieces.iter().filter_map(captured).unzip();
        *pattern = parse_quote!(::core::option::Option::Some((#(#names,)*)));
        *with = parse_quote!((&#with, ::core::option::Option::<(#(#types,)*)>::None).1);
    }
}

/// Does the same for `matches!(data, "…")`.
pub(crate) fn check_macro(call: &mut Macro, data: Option<&Data>, report: &mut Report) {
    let is_matches = call.path.segments.last().is_some_and(|last| last.ident == "matches");
    if !is_matches {
        return;
    }
    let known = report.len();
    if let Ok(mut matches) = Matches::parse.parse2(call.tokens.clone()) {
        check(&mut matches.pattern, &mut matches.with, data, report);
        if report.len() > known {
            let Matches { with, pattern, rest } = matches;
            call.tokens = quote!(#with, #pattern #rest);
        }
    }
}

/// The arguments of `matches!`.
struct Matches {
    with: Expr,
    pattern: Pat,
    /// The rest: a guard, a comma.
    rest: TokenStream,
}

impl Parse for Matches {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let with = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Matches {
            with,
            pattern: Pat::parse_multi_with_leading_vert(input)?,
            rest: input.parse()?,
        })
    }
}

fn message(literal: &LitStr, template: Option<&Template>, data: &Ident) -> String {
    let written = literal.to_token_stream().to_string();
    let is_literal = template.is_some_and(Template::is_literal) && !literal.value().contains(['{', '}']);
    if is_literal && literal.value().is_ascii() && !written.contains("\\u") {
        format!(
            "`{written}` is text and compared with bytes here: write `b{written}`; it matches them only as an arm of a `match {data}`"
        )
    } else {
        format!(
            "`{written}` is a template only as an arm of a `match`: write `match {data} {{ {written} => …, _ => … }}`"
        )
    }
}

/// Returns the name that a piece binds, and its type.
fn captured(piece: &Piece) -> Option<(TokenStream, TokenStream)> {
    let name: TokenStream = piece.name()?.parse().ok()?;
    let ty = match piece {
        Piece::Text(_) => return None,
        Piece::Flag(_) => quote!(bool),
        Piece::Capture(capture) => match &capture.kind {
            Kind::Text => quote!(&str),
            Kind::Bytes => quote!(&[u8]),
            Kind::Parsed(ty) => syn::parse_str::<Type>(ty).ok()?.to_token_stream(),
        },
    };
    Some((name, ty))
}
