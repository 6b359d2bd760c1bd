//! `bits!`: Erlang's bit syntax, as a pattern and as a macro that builds bytes.
//!
//! ```text
//! tokens → fields (parse, value, field, number, literal, length) → checks (check) → tokens (pattern, build)
//! ```

mod build;
mod check;
pub(crate) mod field;
pub(crate) mod length;
pub(crate) mod literal;
mod lowered;
pub(crate) mod number;
mod parse;
mod pattern;
mod places;
mod value;

#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Macro, PatMacro, Path, Token};

pub(crate) use self::lowered::Lowered;
use crate::report::Report;

/// Returns whether a macro in the place of a pattern is a bit layout.
pub(crate) fn is_layout(pattern: &PatMacro) -> bool {
    let last = pattern.mac.path.segments.last();
    last.is_some_and(|last| last.ident == "bits")
}

/// Lowers the pattern `bits!(tokens)` over the variable `input`. Returns `None` if it has mistakes,
/// which are reported.
///
/// `krate` is the path of the runtime. `span` is the pattern's own, for mistakes that belong to no
/// single field.
pub(crate) fn pattern(
    tokens: TokenStream,
    span: Span,
    input: &Ident,
    krate: &Path,
    report: &mut Report,
) -> Option<Lowered> {
    let mistakes = report.len();
    let fields = parse::fields(tokens, field::Role::Pattern, report);
    if report.len() == mistakes {
        check::pattern(&fields, span, report);
    }
    (report.len() == mistakes).then(|| pattern::lower(fields, input, krate))
}

/// Lowers the pattern of fields that were read and checked.
pub(crate) use self::pattern::lower;

/// Expands `bits_build!(crate, layout)`.
pub(crate) fn build(tokens: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let built = parse_build.parse2(tokens).map(|(krate, tokens)| {
        let fields = parse::fields(tokens, field::Role::Builder, &mut report);
        if report.len() == 0 {
            check::builder(&fields, &mut report);
        }
        (report.len() == 0).then(|| build::lower(&fields, &krate))
    });
    finish(built, report)
}

/// Expands `bits_match!(crate, input, bits!(layout) => value)`.
pub(crate) fn matched(tokens: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let matched = parse_match.parse2(tokens).map(|(krate, input, layout, value)| {
        let frame = Ident::new("frame", Span::mixed_site());
        let span = layout.delimiter.span().join();
        let lowered = pattern(layout.tokens, span, &frame, &krate, &mut report)?;
        let Lowered { head, conditions, .. } = &lowered;
        let begins = match (lowered.exact, &head[..]) {
            (true, head) => quote!([#(#head),*]),
            (false, []) => quote!(#frame),
            (false, head) => quote!(#frame @ [#(#head,)* ..]),
        };
        let guard = (!conditions.is_empty()).then(|| quote!(if #conditions));
        Some(quote! {
            match #input {
                #begins #guard => ::core::option::Option::Some(#value),
                #[allow(unreachable_patterns)]
                _ => ::core::option::Option::None,
            }
        })
    });
    finish(matched, report)
}

/// Returns the expansion. If there is none, returns its mistakes as an expression of any type.
fn finish(expansion: syn::Result<Option<TokenStream>>, mut report: Report) -> TokenStream {
    let expansion = expansion.unwrap_or_else(|error| {
        report.push(error);
        None
    });
    let reported = report.into_tokens();
    expansion.unwrap_or_else(|| quote!({ #reported ::core::panic!() }))
}

fn parse_build(input: ParseStream) -> syn::Result<(Path, TokenStream)> {
    let krate = input.parse()?;
    input.parse::<Token![,]>()?;
    Ok((krate, input.parse()?))
}

fn parse_match(input: ParseStream) -> syn::Result<(Path, Expr, Macro, Expr)> {
    let krate = input.parse()?;
    input.parse::<Token![,]>()?;
    let frame = input.parse()?;
    input.parse::<Token![,]>()?;
    let layout = input.parse()?;
    input.parse::<Token![=>]>()?;
    Ok((krate, frame, layout, input.parse()?))
}
