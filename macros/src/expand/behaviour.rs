//! Makes the impl of the behaviour.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ItemImpl, parse_quote};

use super::method::method;
use super::session::Session;
use crate::model::Server;
use crate::model::callbacks::Kind;
use crate::model::roles::{Frame, Role};
use crate::options::Options;
use crate::syntax::without_self;
use crate::table::Protocol;

/// Makes the impl.
pub(super) fn behaviour(
    block: &ItemImpl,
    server: &Server,
    protocol: &Protocol,
    options: &Options,
    session: &Session,
) -> TokenStream {
    let takes_messages = server.callback(Kind::HandleInfo).map(|_| {
        quote!(
            const TAKES_MESSAGES: bool = true;
        )
    });
    let reloads = server.callback(Kind::Reload).map(|_| {
        quote!(
            const RELOADS: bool = true;
        )
    });
    let lists = super::protocol::list(protocol);
    let states = super::states::items(session);
    let handover = super::handover::items(server, session, options);
    let inspected = server.session.as_ref().map(|_| quote!(__kai::inspected! {}));
    let input = input(block, server);
    let outer = session.outer();
    // The name of a struct around the session says nothing to users.
    let hidden = (!matches!(session, Session::Unit)).then(|| quote!(#[doc(hidden)]));
    let message = server.message.as_ref().map_or_else(
        || {
            quote!(
                type Message = ::core::convert::Infallible;
            )
        },
        |message| quote_spanned!(message.span()=> type Message = #message;),
    );
    let default = server
        .callback(Kind::Connected)
        .is_none()
        .then(|| default_connected(block, session));
    let methods = server
        .callbacks
        .iter()
        .map(|callback| method(callback, server, session, &block.self_ty));
    implementation(
        block,
        &quote! {
            type Input = #input;
            #hidden
            type Session = #outer;
            #message
            #takes_messages
            #reloads
            #lists
            #states
            #handover
            __kai::described! {}
            #inspected
            fn options(&self) -> __kai::Options {
                Self::OPTIONS
            }
            #default
            #(#methods)*
        },
    )
}

/// Makes an impl that only has the right type, for a block with mistakes.
pub(super) fn stub(block: &ItemImpl) -> TokenStream {
    implementation(
        block,
        &quote! {
            type Input = __kai::Slice;
            type Session = ();
            type Message = ::core::convert::Infallible;
            fn options(&self) -> __kai::Options {
                __kai::Options::new()
            }
            async fn connected(&self, _: &mut __kai::Socket, _: __kai::Peer<Self::Message>) -> __kai::Returned<()> {
                ::core::panic!()
            }
            async fn handle_call<'call>(
                &'call self,
                _: __kai::Frame<'call, Self>,
                _: &'call mut (),
            ) -> __kai::Returned<__kai::Action<'call>> {
                ::core::panic!()
            }
        },
    )
}

fn implementation(block: &ItemImpl, items: &TokenStream) -> TokenStream {
    let ty = &block.self_ty;
    if block.generics.params.is_empty() {
        return quote! {
            #[automatically_derived]
            impl __kai::TcpServer for #ty {
                #items
            }
        };
    }
    // Whether the server can be shared is checked where it is used, for its parameters there.
    let (generics, _, _) = block.generics.split_for_impl();
    let mut granted = block.generics.clone();
    granted
        .make_where_clause()
        .predicates
        .push(parse_quote!(#ty: __kai::Shareable));
    let (_, _, granted) = granted.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics __kai::TcpServer for #ty #granted {
            #items
        }
    }
}

fn input(block: &ItemImpl, server: &Server) -> TokenStream {
    let (frame, _) = server.frame();
    let kind = match (frame, &server.codec) {
        (Frame::Text, _) => quote!(__kai::Text),
        (Frame::Shared, _) => quote!(__kai::Shared),
        (Frame::Http, _) => quote!(__kai::HttpLine),
        (Frame::Item, Some(codec)) => {
            let codec = without_self(codec, &block.self_ty);
            quote!(__kai::Codec<__kai::codec_or_none!(#codec)>)
        }
        (Frame::Slice | Frame::Item, _) => quote!(__kai::Slice),
    };
    let has_socket = server
        .callback(Kind::HandleCall)
        .is_some_and(|call| call.parameter(Role::Socket).is_some());
    if has_socket {
        quote!(__kai::WithSocket<#kind>)
    } else {
        kind
    }
}

/// Makes the session if the user wrote no `connected`. If that fails, the error names the server.
fn default_connected(block: &ItemImpl, session: &Session) -> TokenStream {
    let (outer, fresh) = (session.outer(), session.fresh());
    let span = Span::mixed_site().located_at(block.self_ty.span());
    if let Session::Unit = session {
        // It keeps no `&self`, so that a server that can't be shared isn't a second mistake here.
        return quote_spanned! {span=>
            #[doc(hidden)]
            fn connected(
                &self,
                _: &mut __kai::Socket,
                _: __kai::Peer<Self::Message>,
            ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
                ::core::future::ready(::core::result::Result::Ok(()))
            }
        };
    }
    quote_spanned! {span=>
        #[doc(hidden)]
        async fn connected(&self, _: &mut __kai::Socket, _: __kai::Peer<Self::Message>) -> __kai::Returned<#outer> {
            ::core::result::Result::Ok(#fresh)
        }
    }
}
