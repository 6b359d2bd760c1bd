//! The expansion: adds `OPTIONS` and `PROTOCOL` to the user's items, and an impl of the behaviour
//! whose methods call the user's fns.
//!
//! It reaches the runtime only through its hidden module, which is `__kai` in the expansion's own
//! scope.

mod behaviour;
mod checks;
mod frames;
mod graph;
mod handover;
pub(crate) mod layouts;
pub(crate) mod lifetimes;
mod markdown;
mod method;
mod picture;
mod protocol;
mod session;
pub(crate) mod settings;
mod states;
mod unseen;

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{quote, quote_spanned};
use syn::{AttrStyle, Attribute, ImplItem, ItemImpl, TypePath, parse_quote};

use crate::check::CONSTANTS;
use crate::model::Server;
use crate::model::{callbacks, owned};
use crate::options::Options;
use crate::syntax::{Ends, text, without_self};
use crate::table::Protocol;

/// Allows clippy's lints about a callback's shape, which the user can't choose.
pub(crate) fn allow_lints(block: &mut ItemImpl) {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item
            && callbacks::find(&function.sig.ident.to_string()).is_some()
        {
            function.attrs.push(parse_quote! {
                #[allow(
                    clippy::missing_const_for_fn,
                    clippy::needless_pass_by_ref_mut,
                    clippy::needless_pass_by_value,
                    clippy::ptr_arg,
                    clippy::trivially_copy_pass_by_ref,
                    clippy::unused_self
                )]
            });
        }
    }
}

/// Adds `OPTIONS` and `PROTOCOL` to the user's items, and documents the block.
pub(crate) fn constants(block: &mut ItemImpl, protocol: &Protocol, options: &Options) {
    if are_taken(block) {
        return; // reported
    }
    let krate = &options.krate;
    let setters = settings::setters(options);
    block.items.push(parse_quote! {
        /// The options that this server starts under, unless it is started under others.
        pub const OPTIONS: #krate::__private::Options = #krate::__private::Options::new() #setters;
    });
    block.items.push(protocol::constant(protocol, krate));
    let documented = block.attrs.iter().any(|attribute| attribute.path().is_ident("doc"));
    block.attrs.extend(protocol::docs(protocol, documented));
}

/// Returns whether the user's items have the names of the constants.
fn are_taken(block: &ItemImpl) -> bool {
    let taken = |item: &ImplItem| matches!(item, ImplItem::Const(constant) if CONSTANTS.iter().any(|name| constant.ident == name));
    block.items.iter().any(taken)
}

/// Makes the impl of the behaviour, and the checks that only the compiler can make.
pub(crate) fn behaviour(block: &ItemImpl, server: &Server, protocol: &Protocol, options: &Options) -> TokenStream {
    let session = session::Session::new(block, server, options);
    let checks = checks::checks(block, protocol, options);
    let behaviour = behaviour::behaviour(block, server, protocol, options, &session);
    let unseen = unseen::check(block, server);
    let wrapper = session.definition();
    let demanded = states::demand(block, protocol, options);
    let content = match &server.codec {
        None => quote!(#checks #demanded #wrapper #behaviour #unseen),
        Some(codec) => {
            let behaviour = under_a_codec(codec, block, &behaviour);
            quote!(#checks #demanded #wrapper #behaviour #unseen)
        }
    };
    scope(block, options, &content)
}

/// Wraps the behaviour so that it compiles only if the runtime has the feature `codec`, which only
/// the runtime knows. This is also the only place that checks whether the type is a codec.
fn under_a_codec(codec: &TypePath, block: &ItemImpl, behaviour: &TokenStream) -> TokenStream {
    let at = Ends::of(codec);
    let (first, last) = (at.generated().first, at.last);
    let stub = behaviour::stub(block);
    let name = text(codec);
    let codec = without_self(codec, &block.self_ty);
    let is_codec = quote_spanned!(first=> const _: fn() = || { let _ = <#codec as __kai::codecs::IsCodec>::demand; };);
    let judged = quote! {
        const __IS_CODEC: bool = {
            #[allow(unused_imports)]
            use __kai::codecs::Unknown as _;
            __kai::codecs::Known::<#codec>::IS
        };
    };
    let mut content = Group::new(
        Delimiter::Brace,
        quote!(#name { #is_codec #judged #behaviour } { #stub }),
    );
    content.set_span(last);
    quote_spanned!(first=> __kai::codec_server! #content)
}

/// Makes a behaviour that does nothing, for a block with mistakes, so that `run(Echo)` isn't
/// another mistake.
pub(crate) fn stub(block: &ItemImpl, options: &Options) -> TokenStream {
    scope(block, options, &behaviour::stub(&owned::of(block)))
}

/// Puts the expansion's own items into a scope where they conflict with no other name.
fn scope(block: &ItemImpl, options: &Options, content: &TokenStream) -> TokenStream {
    let krate = &options.krate;
    let attributes = shared_attributes(block);
    let declared = (!are_taken(block)).then(|| protocol::declared(block, options));
    quote! {
        #(#attributes)*
        const _: () = {
            use #krate::__private as __kai;
            #declared
            #content
        };
    }
}

/// Returns the attributes that hold for everything made from the block. An attribute inside the
/// block is moved before it.
pub(crate) fn shared_attributes(block: &ItemImpl) -> impl Iterator<Item = Attribute> {
    block
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("allow"))
        .map(|attribute| Attribute {
            style: AttrStyle::Outer,
            ..attribute.clone()
        })
}
