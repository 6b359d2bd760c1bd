//! The options as calls of the builder, and as constants to check.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ItemImpl, Path};

use std::net::IpAddr;
use std::time::Duration;

use crate::options::table::Kind;
use crate::options::{Active, Options, Packet, Setting, Value};
use crate::syntax::{mentions, without_self};

/// `.port(10000).max_processes(2)`.
pub(super) fn setters(options: &Options) -> TokenStream {
    let private = private(&options.krate);
    options
        .settings
        .iter()
        .map(|setting| {
            let method = format_ident!("{}", setting.spec.name);
            let value = value(&setting.value, &private);
            quote!(.#method(#value))
        })
        .collect()
}

fn private(krate: &Path) -> TokenStream {
    quote!(#krate::__private)
}

fn value(value: &Value, kai: &TokenStream) -> TokenStream {
    match value {
        Value::Literal(expr) | Value::Constant(expr) => expr.to_token_stream(),
        Value::Time(time) => duration(*time),
        Value::Infinity => quote!(#kai::INFINITY),
        Value::BrutalKill => quote!(#kai::BRUTAL_KILL),
        Value::Address(address) => ip(*address),
        Value::Packet(mode) => packet(mode, kai),
        Value::Active(mode) => active(mode, kai),
        Value::Crate(_) => TokenStream::new(),
    }
}

fn duration(time: Duration) -> TokenStream {
    if time.subsec_millis() == 0 {
        let seconds = time.as_secs();
        quote!(::core::time::Duration::from_secs(#seconds))
    } else {
        // It was made of a u64 of milliseconds.
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        quote!(::core::time::Duration::from_millis(#milliseconds))
    }
}

fn ip(address: IpAddr) -> TokenStream {
    match address {
        IpAddr::V4(address) => {
            let octets = address.octets();
            quote!(::core::net::IpAddr::V4(::core::net::Ipv4Addr::new(#(#octets),*)))
        }
        IpAddr::V6(address) => {
            let segments = address.segments();
            quote!(::core::net::IpAddr::V6(::core::net::Ipv6Addr::new(#(#segments),*)))
        }
    }
}

fn packet(mode: &Packet, kai: &TokenStream) -> TokenStream {
    let variant = match mode {
        Packet::Raw => quote!(Raw),
        Packet::RawExact(size) => quote!(RawExact(#size)),
        Packet::One => quote!(One),
        Packet::Two => quote!(Two),
        Packet::Four => quote!(Four),
        Packet::Line => quote!(Line),
        Packet::LineCrlf => quote!(LineCrlf),
        Packet::LineLf => quote!(LineLf),
        Packet::LineCrlfOrLf => quote!(LineCrlfOrLf),
    };
    quote!(#kai::Packet::#variant)
}

fn active(mode: &Active, kai: &TokenStream) -> TokenStream {
    let variant = match mode {
        Active::False => quote!(False),
        Active::True => quote!(True),
        Active::Once => quote!(Once),
        Active::Count(count) => quote!(Count(#count)),
    };
    quote!(#kai::Active::#variant)
}

/// A free constant for each value that only the compiler can evaluate. Each is on its own, or only the first mistake would
/// show; each token is at the value's span, or the mistake would show at the attribute.
pub(super) fn checks(block: &ItemImpl, options: &Options) -> TokenStream {
    let generic: Vec<String> = block
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            syn::GenericParam::Type(ty) => ty.ident.to_string(),
            syn::GenericParam::Const(constant) => constant.ident.to_string(),
            syn::GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.to_string(),
        })
        .chain((!block.generics.params.is_empty()).then(|| "Self".to_owned()))
        .collect();
    let packet_size = options
        .settings
        .iter()
        .find(|setting| setting.spec.name == "packet_size");
    let packet_size = packet_size.map(|setting| value(&setting.value, &TokenStream::new()));
    options
        .settings
        .iter()
        .filter_map(|setting| check(setting, packet_size.as_ref()))
        .filter(|(_, problem)| !mentions(problem.clone(), &generic))
        .map(|(span, problem)| {
            let problem = without_self(problem, &block.self_ty);
            quote_spanned!(span=> const _: () = __kai::check::demand(#problem);)
        })
        .collect()
}

/// What the runtime says of a constant.
fn check(setting: &Setting, packet_size: Option<&TokenStream>) -> Option<(Span, TokenStream)> {
    let judge = format_ident!("{}", setting.spec.name);
    let (expr, value) = match (&setting.value, setting.spec.kind) {
        (Value::Constant(expr), Kind::Number(range)) if range.checked => (expr, expr.to_token_stream()),
        (Value::Constant(expr), Kind::Time(times)) if times.not_zero.is_some() => (expr, expr.to_token_stream()),
        (Value::Constant(expr), Kind::Text) => {
            (expr, quote_spanned!(expr.span()=> ::core::option::Option::Some(#expr)))
        }
        (Value::Active(Active::Count(expr)), _) if !is_literal(expr) => {
            (expr, quote_spanned!(expr.span()=> __kai::Active::Count(#expr)))
        }
        (Value::Packet(Packet::RawExact(expr)), _) => {
            let default = quote_spanned!(expr.span()=> __kai::Options::new().packet_size);
            let size = packet_size.unwrap_or(&default);
            (
                expr,
                quote_spanned!(expr.span()=> __kai::Packet::RawExact(#expr), #size),
            )
        }
        _ => return None,
    };
    let span = expr.span();
    Some((span, quote_spanned!(span=> __kai::check::#judge(#value))))
}

fn is_literal(expr: &Expr) -> bool {
    matches!(crate::syntax::bare_expr(expr), Expr::Lit(_))
}
