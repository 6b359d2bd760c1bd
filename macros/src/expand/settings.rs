//! The options as calls of the builder, and as constants to check.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, GenericParam, Generics, ItemImpl, Path, Type};

use std::net::IpAddr;
use std::time::Duration;

use crate::options::table::Kind;
use crate::options::{Active, Options, Packet, Setting, Value, evaluate};
use crate::syntax::{Ends, mentions, without_self};

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
///
/// What names a parameter of a generic server can't be evaluated outside of it; such a value is judged when the server starts.
pub(super) fn checks(block: &ItemImpl, options: &Options) -> TokenStream {
    let generic = generic_names(&block.generics);
    options
        .settings
        .iter()
        .filter_map(|setting| constant(setting, options))
        .filter(|constant| !mentions(constant.arguments.clone(), &generic))
        .map(|constant| constant.demand(&block.self_ty))
        .collect()
}

/// What a free constant can't name.
fn generic_names(generics: &Generics) -> Vec<String> {
    let names = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Type(ty) => ty.ident.to_string(),
        GenericParam::Const(constant) => constant.ident.to_string(),
        GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.to_string(),
    });
    let own = (!generics.params.is_empty()).then(|| "Self".to_owned());
    names.chain(own).collect()
}

/// A value that the runtime's check of its option is to judge.
struct Constant {
    option: &'static str,
    span: Ends,
    arguments: TokenStream,
}

impl Constant {
    fn demand(self, ty: &Type) -> TokenStream {
        let Constant {
            option,
            span,
            arguments,
        } = self;
        let judge = Ident::new(option, span.first);
        let arguments = without_self(arguments, ty);
        let problem = span.call(&quote_spanned!(span.first=> __kai::check::#judge), arguments);
        let demand = span.call(&quote_spanned!(span.first=> __kai::check::demand), problem);
        quote_spanned!(span.first=> const _: () = #demand;)
    }
}

fn constant(setting: &Setting, options: &Options) -> Option<Constant> {
    let (expr, arguments) = match (&setting.value, setting.spec.kind) {
        (Value::Constant(expr), Kind::Number(range)) if range.checked => (expr, expr.to_token_stream()),
        (Value::Constant(expr), Kind::Time(times)) if times.not_zero.is_some() => (expr, expr.to_token_stream()),
        (Value::Constant(expr), Kind::Text) => {
            let span = expr.span();
            (expr, quote_spanned!(span=> ::core::option::Option::Some(#expr)))
        }
        (Value::Active(Active::Count(expr)), _) if evaluate(expr).is_none() => {
            let span = expr.span();
            (expr, quote_spanned!(span=> __kai::Active::Count(#expr)))
        }
        (Value::Packet(Packet::RawExact(expr)), _) => {
            let (span, size) = (expr.span(), packet_size(expr, options)?);
            (expr, quote_spanned!(span=> __kai::Packet::RawExact(#expr), #size))
        }
        _ => return None,
    };
    let span = Ends::of(expr);
    Some(Constant {
        option: setting.spec.name,
        span,
        arguments,
    })
}

/// The size that a block has to fit into, unless both are literals, which were judged.
fn packet_size(block: &Expr, options: &Options) -> Option<TokenStream> {
    let given = options
        .settings
        .iter()
        .find(|setting| setting.spec.name == "packet_size");
    match given.map(|setting| &setting.value) {
        Some(Value::Constant(size)) => Some(size.to_token_stream()),
        _ if evaluate(block).is_some() => None,
        _ => options.packet_size().map(|size| size.to_token_stream()),
    }
}
