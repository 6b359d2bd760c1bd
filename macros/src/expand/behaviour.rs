//! The impl of the behaviour: each method calls the user's fn of the same name.
//!
//! A method stands at the user's fn name, so that what rustc says of it (a future that isn't `Send`) is said there; its call
//! stands at the type that the user's fn returns, so that what it can't return is said there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ItemImpl;
use syn::spanned::Spanned as _;

use super::session::Session;
use crate::callbacks::Kind;
use crate::model::{Callback, Server};
use crate::roles::{Frame, Role};
use crate::syntax::Ends;

/// The impl.
pub(super) fn behaviour(block: &ItemImpl, server: &Server, session: &Session) -> TokenStream {
    let takes_messages = server.callback(Kind::HandleInfo).map(|_| {
        quote!(
            const TAKES_MESSAGES: bool = true;
        )
    });
    let input = input(server);
    let outer = session.outer();
    let message = match &server.message {
        Some(message) => {
            let span = message.span();
            quote_spanned!(span=> type Message = #message;)
        }
        None => quote!(
            type Message = ::core::convert::Infallible;
        ),
    };
    let default = server
        .callback(Kind::Connected)
        .is_none()
        .then(|| default_connected(session));
    let methods = server.callbacks.iter().map(|callback| method(callback, session));
    implementation(
        block,
        &quote! {
            type Input = #input;
            type Session = #outer;
            #message
            #takes_messages
            fn options(&self) -> __kai::Options {
                Self::OPTIONS
            }
            #default
            #(#methods)*
        },
    )
}

/// An impl that only has the right type, after a mistake.
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
    let (generics, _, bounds) = block.generics.split_for_impl();
    let ty = &block.self_ty;
    quote! {
        #[automatically_derived]
        impl #generics __kai::TcpServer for #ty #bounds {
            #items
        }
    }
}

fn input(server: &Server) -> TokenStream {
    let (frame, _) = server.frame();
    let kind = match frame {
        Frame::Slice => quote!(__kai::Slice),
        Frame::Text => quote!(__kai::Text),
        Frame::Shared => quote!(__kai::Shared),
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

/// What begins a session where the user wrote no `connected`.
fn default_connected(session: &Session) -> TokenStream {
    let (outer, fresh) = (session.outer(), session.fresh());
    quote! {
        async fn connected(&self, _: &mut __kai::Socket, _: __kai::Peer<Self::Message>) -> __kai::Returned<#outer> {
            ::core::result::Result::Ok(#fresh)
        }
    }
}

/// One method.
fn method(callback: &Callback, session: &Session) -> TokenStream {
    let span = Span::mixed_site().located_at(callback.span);
    let pattern = |role| argument(callback, role);
    let outer = session.outer();
    let (frame, socket, state) = (pattern(Role::Frame), pattern(Role::Socket), pattern(Role::Session));
    let signature = match callback.spec.kind {
        Kind::Init => {
            let supervisor = pattern(Role::Supervisor);
            quote_spanned!(span=> init(&mut self, #supervisor: &__kai::Supervisor) -> __kai::Returned<()>)
        }
        Kind::Connected => {
            let peer = pattern(Role::Peer);
            quote_spanned! {span=>
                connected(&self, #socket: &mut __kai::Socket, #peer: __kai::Peer<Self::Message>) -> __kai::Returned<#outer>
            }
        }
        Kind::HandleCall => {
            let frame = if callback.parameter(Role::Socket).is_some() {
                quote!((#frame, #socket))
            } else {
                frame
            };
            quote_spanned! {span=>
                handle_call<'call>(&'call self, #frame: __kai::Frame<'call, Self>, #state: &'call mut Self::Session)
                    -> __kai::Returned<__kai::Action<'call>>
            }
        }
        Kind::HandleInfo => {
            let message = pattern(Role::Message);
            quote_spanned! {span=>
                handle_info<'call>(
                    &'call self,
                    #message: Self::Message,
                    #socket: &'call mut __kai::Socket,
                    #state: &'call mut Self::Session,
                ) -> __kai::Returned<__kai::Action<'call>>
            }
        }
        Kind::Failed => {
            let failure = pattern(Role::Failure);
            quote_spanned! {span=>
                failed<'call>(&'call self, #failure: &'call __kai::Failure, #state: &'call mut Self::Session)
                    -> __kai::Returned<__kai::Action<'call>>
            }
        }
        Kind::Closed => {
            let (state, reason) = (pattern(Role::OwnedSession), pattern(Role::CloseReason));
            quote_spanned!(span=> closed(&self, #state: Self::Session, #reason: __kai::CloseReason) -> __kai::Returned<()>)
        }
        Kind::Terminate => {
            let reason = pattern(Role::ExitReason);
            quote_spanned!(span=> terminate(&self, #reason: &__kai::ExitReason) -> __kai::Returned<()>)
        }
    };
    let body = body(callback, session);
    quote_spanned!(span=> async fn #signature { #body })
}

/// The call of the user's fn.
fn body(callback: &Callback, session: &Session) -> TokenStream {
    let at = callback.returned().map_or(
        Ends {
            first: callback.span,
            last: callback.span,
        },
        Ends::of,
    );
    let (at, span) = (at.generated(), at.generated().first);
    let name = Ident::new(callback.spec.name, span);
    let arguments = callback.parameters.iter().map(|parameter| {
        let variable = variable(callback, parameter.role);
        match (parameter.role, session) {
            (Role::Session, Session::Wrapped { .. }) => quote!(&mut #variable.0),
            (Role::OwnedSession, Session::Wrapped { .. }) => quote!(#variable.0),
            _ => variable.into_token_stream(),
        }
    });
    let wait = callback.is_async.then(|| quote_spanned!(at.last=> .await));
    let receiver = Ident::new("self", span);
    let call = at.call(quote_spanned!(span=> Self::#name), quote!(#receiver #(, #arguments)*));
    let returned = match callback.spec.kind {
        Kind::Connected => session.inner(),
        _ if callback.spec.acts => quote_spanned!(span=> __kai::Action::<'_>),
        _ => quote!(()),
    };
    let outcome = at.call(
        quote_spanned!(span=> __kai::Outcome::<#returned>::outcome),
        quote!(#call #wait),
    );
    let wrap = session.wrap().filter(|_| callback.spec.kind == Kind::Connected);
    match wrap {
        Some(wrap) => quote!(#outcome.map(#wrap)),
        None => outcome,
    }
}

/// The pattern of a parameter: its name, where the user's fn takes it.
fn argument(callback: &Callback, role: Role) -> TokenStream {
    if callback.parameter(role).is_some() {
        variable(callback, role).to_token_stream()
    } else {
        quote!(_)
    }
}

fn variable(callback: &Callback, role: Role) -> Ident {
    let name = match role {
        Role::Frame => "data",
        Role::Socket => "socket",
        Role::Session | Role::OwnedSession => "session",
        Role::Peer => "peer",
        Role::Message => "message",
        Role::Failure => "failure",
        Role::CloseReason | Role::ExitReason => "reason",
        Role::Supervisor => "supervisor",
    };
    Ident::new(name, Span::mixed_site().located_at(callback.span))
}
