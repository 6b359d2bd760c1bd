//! Writes the options as calls of the builder.

use kai_tcp_server_spec::option::Kind;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Path;

use std::net::IpAddr;
use std::time::Duration;

use crate::options::{Active, Block, Options, Overload, Packet, ProxyProtocol, Setting, Value};

/// Makes `.port(10000).max_processes(2).declared()`, and then the environment, if `env` is set.
pub(super) fn setters(options: &Options) -> TokenStream {
    let private = private(&options.krate);
    let setter = |setting: &Setting| {
        let method = format_ident!("{}", setting.row.name);
        let value = value(&setting.value, &private);
        quote!(.#method(#value))
    };
    let is_env = |setting: &&Setting| matches!(setting.row.kind, Kind::Env);
    let declared = options.settings.iter().filter(|setting| !is_env(setting)).map(setter);
    let env = options.settings.iter().filter(is_env).map(setter);
    quote!(#(#declared)* .declared() #(#env)*)
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
        Value::Blocks(list) => blocks(list, kai),
        Value::Overload(mode) => overload(mode, kai),
        Value::AddressWithPort(address) => {
            let (ip, port) = (ip(address.ip()), address.port());
            quote!(::core::net::SocketAddr::new(#ip, #port))
        }
        Value::Texts(list) => quote!(&[#(#list),*]),
        Value::ProxyProtocol(mode) => proxy_protocol(*mode, kai),
        Value::Packet(mode) => packet(mode, kai),
        Value::Active(mode) => active(mode, kai),
        Value::Client(_)
        | Value::Crate(_)
        | Value::Example(_)
        | Value::State(_)
        | Value::IgnoreCase(_)
        | Value::SessionVersion(_) => TokenStream::new(),
    }
}

pub(crate) fn duration(time: Duration) -> TokenStream {
    if time.subsec_millis() == 0 {
        let seconds = time.as_secs();
        quote!(::core::time::Duration::from_secs(#seconds))
    } else {
        // It was parsed from a u64 of milliseconds.
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

fn blocks(list: &[Block], kai: &TokenStream) -> TokenStream {
    let blocks = list.iter().map(|block| match block {
        Block::Literal(block) => {
            let (addr, prefix_len) = (ip(block.addr()), block.prefix_len());
            quote!(#kai::Cidr::new(#addr, #prefix_len))
        }
        Block::Constant(expr) => expr.to_token_stream(),
    });
    // A function's result in a constant can't be borrowed for `'static`, but the value of another
    // constant can.
    quote!(const { &[#(#blocks),*] })
}

fn overload(mode: &Overload, kai: &TokenStream) -> TokenStream {
    let variant = match mode {
        Overload::Backlog => quote!(Backlog),
        Overload::Refuse => quote!(Refuse),
        Overload::RefuseWith(words) => quote!(RefuseWith(#words)),
    };
    quote!(#kai::Overload::#variant)
}

fn proxy_protocol(mode: ProxyProtocol, kai: &TokenStream) -> TokenStream {
    let variant = match mode {
        ProxyProtocol::Off => quote!(Off),
        ProxyProtocol::Optional => quote!(Optional),
        ProxyProtocol::Required => quote!(Required),
    };
    quote!(#kai::ProxyProtocol::#variant)
}

pub(crate) fn packet(mode: &Packet, kai: &TokenStream) -> TokenStream {
    let variant = match mode {
        Packet::Mode(mode) => format_ident!("{}", mode.row().variant).into_token_stream(),
        Packet::Block(size) => quote!(RawExact(#size)),
        // Under a codec it is for the bytes between the items.
        Packet::Codec(_) => quote!(Raw),
    };
    quote!(#kai::Packet::#variant)
}

fn active(mode: &Active, kai: &TokenStream) -> TokenStream {
    let variant = match mode {
        Active::False => quote!(False),
        Active::True => quote!(True),
        Active::Once(_) => quote!(Once),
        Active::Count(count) => quote!(Count(#count)),
    };
    quote!(#kai::Active::#variant)
}
