//! The checks that only the compiler can make: of options that are constants.

use kai_tcp_server_spec::listen::{Address, Entry, Proxy, Tls, UnixAddress};
use kai_tcp_server_spec::option::{FIELDS, Id, Kind};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ItemImpl, Type};

use crate::options::listeners;
use crate::options::{Active, Options, Packet, SessionVersion, Setting, Value, evaluate};
use crate::syntax::{Ends, mentions, parameter_names, without_self};
use crate::table::{Literal, Protocol, changes_packet};

/// Makes a free constant for each value that only the compiler can evaluate. Each value has its
/// own, or rustc would show only the first mistake. Each token has the value's span, or rustc would
/// show the mistake at the attribute.
///
/// A value that names a parameter of a generic server can't be evaluated outside it. It is judged
/// when the server starts.
pub(super) fn checks(block: &ItemImpl, protocol: &Protocol, options: &Options) -> TokenStream {
    let generic = parameter_names(&block.generics);
    options
        .settings
        .iter()
        .filter_map(|setting| constant(setting, options))
        .chain(literals(block, protocol, options))
        .chain(features(options))
        .chain(hands_over(options))
        .chain(platforms(options))
        .filter(|constant| !mentions(constant.arguments.clone(), &generic))
        .map(|constant| constant.demand(&block.self_ty))
        .collect()
}

/// Checks that each literal fits into a `packet_size` that is a constant.
fn literals(block: &ItemImpl, protocol: &Protocol, options: &Options) -> Vec<Constant> {
    let Some(Value::Constant(size)) = options.get("packet_size") else {
        return Vec::new();
    };
    let is_fixed = options.state.is_none() && !changes_packet(block);
    let Some(uncounted) = options.uncounted().filter(|_| is_fixed) else {
        return Vec::new();
    };
    let constant = |Literal { span, length }| {
        let length = usize::saturating_sub(length, uncounted);
        Constant {
            judge: "literal",
            option: None,
            span: Ends {
                first: span,
                last: span,
            },
            arguments: quote!(#length, #size),
        }
    };
    protocol.literals().into_iter().map(constant).collect()
}

/// Checks that the runtime is built with what the options need: once for each feature.
fn features(options: &Options) -> impl Iterator<Item = Constant> + '_ {
    [
        ("tls", "tls_feature"),
        ("proxy", "proxy_feature"),
        ("upgrade", "upgrade_feature"),
        ("metrics", "metrics_feature"),
        ("record", "record_feature"),
    ]
    .into_iter()
    .filter_map(|(feature, judge)| {
        let needs_it = |setting: &&Setting| setting.row.feature() == Some(feature);
        let name = &options.settings.iter().find(needs_it)?.name;
        Some(Constant {
            judge,
            option: None,
            span: Ends::of(name),
            arguments: TokenStream::new(),
        })
    })
}

/// Checks that the runtime hands sessions over, unless another option has that said.
fn hands_over(options: &Options) -> Option<Constant> {
    let SessionVersion { name, .. } = options.session_version.as_ref()?;
    let said = |setting: &Setting| setting.row.feature() == Some("upgrade");
    (!options.settings.iter().any(said)).then(|| Constant {
        judge: "session_feature",
        option: None,
        span: Ends::of(name),
        arguments: TokenStream::new(),
    })
}

/// Checks that the system and the features have what each listener needs.
fn platforms(options: &Options) -> Vec<Constant> {
    let Some(Value::Texts(list)) = options.get("listen") else {
        return Vec::new();
    };
    let needs = |(item, text): (&Expr, String)| {
        let entry = Entry::parse(&text).ok()?;
        let address = match entry.address {
            Address::Ip(_) => None,
            Address::Unix(UnixAddress::Path(_)) => Some("unix_listener"),
            Address::Unix(UnixAddress::Abstract(_)) => Some("abstract_listener"),
            Address::Systemd(_) => Some("systemd_listener"),
        };
        let tls = (entry.tls != Tls::Off).then_some("tls_feature");
        let proxy = (entry.proxy != Proxy::Off).then_some("proxy_feature");
        let judges = address.into_iter().chain(tls).chain(proxy);
        let demand = |judge| Constant {
            judge,
            option: None,
            span: Ends::of(item),
            arguments: TokenStream::new(),
        };
        Some(judges.map(demand).collect::<Vec<_>>())
    };
    list.iter()
        .filter_map(listeners::spelled)
        .filter_map(needs)
        .flatten()
        .collect()
}

/// A value for a check of the runtime.
struct Constant {
    /// The check's name.
    judge: &'static str,
    /// The option, if the check is shared by all options of a type.
    option: Option<Id>,
    span: Ends,
    arguments: TokenStream,
}

impl Constant {
    fn demand(self, ty: &Type) -> TokenStream {
        let Constant {
            judge,
            option,
            span,
            arguments,
        } = self;
        let judge = Ident::new(judge, span.first);
        let mut arguments = without_self(arguments, ty);
        if let Some(option) = option {
            let option = Ident::new(&format!("{option:?}"), span.first);
            arguments = quote_spanned!(span.first=> __kai::check::Id::#option, #arguments);
        }
        let problem = span.call(&quote_spanned!(span.first=> __kai::check::#judge), arguments);
        let demand = span.call(&quote_spanned!(span.first=> __kai::check::demand), problem);
        quote_spanned!(span.first=> const _: () = #demand;)
    }
}

fn constant(setting: &Setting, options: &Options) -> Option<Constant> {
    let row = setting.row;
    let option = FIELDS.iter().copied().find(|id| id.row().name == row.name);
    let of_a_type = match (&setting.value, row.kind) {
        (Value::Constant(expr), Kind::Number(number)) if number.is_judged() => Some((expr, number.of)),
        (Value::Constant(expr), Kind::Time(time)) if time.zero.is_some() => Some((expr, "time")),
        (Value::Constant(expr), Kind::Text(_)) => Some((expr, "text")),
        (Value::Constant(expr), Kind::Texts(_)) => Some((expr, "texts")),
        _ => None,
    };
    if let Some((expr, judge)) = of_a_type {
        return Some(Constant {
            judge,
            option,
            span: Ends::of(expr),
            arguments: expr.to_token_stream(),
        });
    }
    let (expr, arguments) = match (&setting.value, row.kind) {
        (Value::Constant(expr), Kind::Env) => (expr, expr.to_token_stream()),
        (Value::Active(Active::Count(expr)), _) if evaluate(expr).is_none() => {
            let span = expr.span();
            (expr, quote_spanned!(span=> __kai::Active::Count(#expr)))
        }
        (Value::Packet(Packet::Block(expr)), _) => {
            let (span, size) = (expr.span(), packet_size(expr, options)?);
            (expr, quote_spanned!(span=> __kai::Packet::RawExact(#expr), #size))
        }
        _ => return None,
    };
    let span = Ends::of(expr);
    Some(Constant {
        judge: row.name,
        option: None,
        span,
        arguments,
    })
}

/// Returns the size that a block must fit into. Returns `None` if both are literals, which were
/// judged already.
fn packet_size(block: &Expr, options: &Options) -> Option<TokenStream> {
    match options.get("packet_size") {
        Some(Value::Constant(size)) => Some(size.to_token_stream()),
        _ if evaluate(block).is_some() => None,
        _ => options.packet_size().map(|size| size.to_token_stream()),
    }
}
