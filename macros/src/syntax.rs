//! Helpers for syn's trees: looking through invisible groups, comparing, replacing `Self`.

pub(crate) mod walk;

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, GenericArgument, GenericParam, Generics, Meta, PathArguments, PathSegment, Token, Type,
    parse_quote,
};

/// Returns the type inside the invisible groups that `macro_rules!` makes, and inside parentheses.
pub(crate) fn bare_type(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// Returns the expression inside the invisible groups that `macro_rules!` makes, and inside
/// parentheses.
pub(crate) fn bare_expr(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Group(group) => &group.expr,
            Expr::Paren(paren) => &paren.expr,
            _ => return expr,
        };
    }
}

/// Returns the `cfg`s of an attribute, including those in a `cfg_attr`.
pub(crate) fn cfgs(attribute: &Attribute) -> Vec<Attribute> {
    if attribute.path().is_ident("cfg") {
        return vec![attribute.clone()];
    }
    let Meta::List(list) = &attribute.meta else {
        return Vec::new();
    };
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone());
    let Some(metas) = metas.ok().filter(|_| attribute.path().is_ident("cfg_attr")) else {
        return Vec::new();
    };
    let Some(condition) = metas.first() else {
        return Vec::new();
    };
    let nested = metas.iter().skip(1).flat_map(|meta| cfgs(&parse_quote!(#[#meta])));
    let under = nested.filter_map(|cfg| match cfg.meta {
        Meta::List(cfg) => Some(cfg.tokens),
        _ => None,
    });
    under
        .map(|cfg| parse_quote!(#[cfg(any(not(#condition), #cfg))]))
        .collect()
}

/// Returns whether a type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare_type(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Returns the last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare_type(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the first type between the angle brackets of a segment.
pub(crate) fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Returns an expression's name if it is only a name.
pub(crate) fn word(expr: &Expr) -> Option<String> {
    match bare_expr(expr) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// Returns whether two types look alike, as `Member` and `chat::Member` do. rustc decides whether
/// they are the same.
pub(crate) fn alike(a: &Type, b: &Type) -> bool {
    match (last_segment(a), last_segment(b)) {
        (Some(a), Some(b)) if matches!((&a.arguments, &b.arguments), (PathArguments::None, PathArguments::None)) => {
            a.ident == b.ident
        }
        (Some(a), Some(b)) => a.ident == b.ident && same_count(&a.arguments, &b.arguments),
        _ => text(bare_type(a)) == text(bare_type(b)),
    }
}

fn same_count(a: &PathArguments, b: &PathArguments) -> bool {
    let count = |arguments: &PathArguments| match arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.len(),
        _ => 0,
    };
    count(a) == count(b)
}

/// Formats tokens as people write them, without blanks around what binds tightly.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    // The compiler breaks long text into lines.
    let mut text = tokens.to_token_stream().to_string().replace('\n', " ");
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("< ", "<"),
        ("& ", "&"),
        (" ,", ","),
        (" : ", ": "),
        (" (", "("),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// Formats a path without its last segment.
pub(crate) fn parent(path: &syn::Path) -> String {
    let mut path = path.clone();
    path.segments.pop();
    path.segments.pop_punct();
    text(path)
}

/// Replaces `Self` by `ty` in `tokens`, for places where `Self` means something else.
pub(crate) fn without_self(tokens: impl ToTokens, ty: &Type) -> TokenStream {
    let mut rest = tokens.to_token_stream().into_iter().peekable();
    let mut replaced = TokenStream::new();
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let followed_by_path = matches!(rest.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == Spacing::Joint);
                let span = ident.span();
                replaced.extend(if followed_by_path {
                    quote_spanned!(span=> <#ty>)
                } else {
                    ty.to_token_stream()
                });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_self(group.stream(), ty));
                inner.set_span(group.span());
                replaced.extend([TokenTree::Group(inner)]);
            }
            token => replaced.extend([token]),
        }
    }
    replaced
}

/// Returns whether `tokens` contain one of `names`.
pub(crate) fn mentions(tokens: TokenStream, names: &[String]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

/// Returns whether tokens use a name, including uses as in `format_args!("{name}")`.
pub(crate) fn says(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Literal(literal) => literal
            .to_string()
            .contains(&format!("{{{}", name.trim_start_matches("r#"))),
        TokenTree::Group(group) => says(group.stream(), name),
        TokenTree::Punct(_) => false,
    })
}

/// Returns the names that only exist in a generic block. Code beside the block, and items inside
/// it, can't use them.
pub(crate) fn parameter_names(generics: &Generics) -> Vec<String> {
    let names = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Type(ty) => ty.ident.to_string(),
        GenericParam::Const(constant) => constant.ident.to_string(),
        GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.to_string(),
    });
    let own = (!generics.params.is_empty()).then(|| "Self".to_owned());
    names.chain(own).collect()
}

/// The beginning and the end of some tokens. rustc joins the spans of a call's first and last
/// token; a macro can't.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Ends {
    pub(crate) fn of(tokens: impl ToTokens) -> Self {
        let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        Ends {
            first,
            last: spans.last().unwrap_or(first),
        }
    }

    /// Returns the same places, for tokens that the expansion makes.
    pub(crate) fn generated(self) -> Self {
        Ends {
            first: Span::mixed_site().located_at(self.first),
            last: Span::mixed_site().located_at(self.last),
        }
    }

    /// Returns tokens with the span of the beginning.
    pub(crate) fn place(self, tokens: impl ToTokens) -> TokenStream {
        let place = |mut token: TokenTree| {
            token.set_span(token.span().located_at(self.first));
            token
        };
        tokens.to_token_stream().into_iter().map(place).collect()
    }

    /// Makes `function(arguments)`, which ends where these tokens end.
    pub(crate) fn call(self, function: &TokenStream, arguments: TokenStream) -> TokenStream {
        let mut parentheses = Group::new(Delimiter::Parenthesis, arguments);
        parentheses.set_span(self.last);
        quote!(#function #parentheses)
    }
}
