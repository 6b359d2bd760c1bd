//! Makes one method of the behaviour: a call of the user's fn of the same name.
//!
//! A method has the span of the user's fn name, so that rustc's errors about it (a future that
//! isn't `Send`) are shown there. Its call has the span of the return type, so that errors about a
//! wrong type are shown there.
//!
//! The documentation has the behaviour's own declaration in its place, which has no hidden names.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::session::Session;
use crate::model::callbacks::Kind;
use crate::model::parameters;
use crate::model::roles::Role;
use crate::model::{Callback, Parameter, Server};
use crate::syntax::{Ends, alike};

/// Makes one method.
pub(super) fn method(callback: &Callback, server: &Server, session: &Session, ty: &Type) -> TokenStream {
    // A call made as a function has no future that an error could be about. For a server that can't
    // be shared rustc would report an error at each method.
    let place = if is_at_once(callback) { ty.span() } else { callback.span };
    let span = Span::mixed_site().located_at(place);
    let name = Ident::new(callback.spec.name, span);
    let parameters = parameters(callback, span);
    let returned = returned(callback, &session.outer(), &quote_spanned!(span=> __kai::Action<'call>));
    let borrows = callback.spec.acts || matches!(callback.spec.kind, Kind::Freeze | Kind::TakenOver);
    let lifetime = borrows.then(|| quote_spanned!(span=> <'call>));
    let body = body(callback, server, session);
    if !is_at_once(callback) {
        return quote_spanned! {span=>
            #[doc(hidden)]
            async fn #name #lifetime (#parameters) -> __kai::Returned<#returned> { #body }
        };
    }
    quote_spanned! {span=>
        const IS_SYNC: bool = true;
        #[doc(hidden)]
        #[inline]
        fn #name #lifetime (#parameters) -> impl __kai::Future<Output = __kai::Returned<#returned>> + __kai::Send {
            ::core::future::ready(#body)
        }
    }
}

/// Returns whether a call is made as a function: it never waits, and has nothing to wait with.
fn is_at_once(callback: &Callback) -> bool {
    callback.spec.kind == Kind::HandleCall && !callback.is_async && callback.parameter(Role::Socket).is_none()
}

/// Returns the parameters as the behaviour has them.
fn parameters(callback: &Callback, span: Span) -> TokenStream {
    let pattern = |role| argument(callback, role);
    let (socket, session) = (pattern(Role::Socket), pattern(Role::Session));
    match callback.spec.kind {
        Kind::Init => {
            let supervisor = pattern(Role::Supervisor);
            quote_spanned!(span=> &mut self, #supervisor: &__kai::Supervisor)
        }
        Kind::Connected => {
            let peer = pattern(Role::Peer);
            quote_spanned!(span=> &self, #socket: &mut __kai::Socket, #peer: __kai::Peer<Self::Message>)
        }
        Kind::HandleCall => {
            let data = pattern(Role::Frame);
            let has_socket = callback.parameter(Role::Socket).is_some();
            let frame = if has_socket { quote!((#data, #socket)) } else { data };
            quote_spanned!(span=> &'call self, #frame: __kai::Frame<'call, Self>, #session: &'call mut Self::Session)
        }
        Kind::HandleInfo => {
            let message = pattern(Role::Message);
            quote_spanned! {span=>
                &'call self,
                #message: Self::Message,
                #socket: &'call mut __kai::Socket,
                #session: &'call mut Self::Session,
            }
        }
        Kind::Passive | Kind::Stopping => {
            quote_spanned!(span=> &'call self, #socket: &'call mut __kai::Socket, #session: &'call mut Self::Session)
        }
        Kind::Failed => {
            let failure = pattern(Role::Failure);
            quote_spanned!(span=> &'call self, #failure: &'call __kai::Failure, #session: &'call mut Self::Session)
        }
        Kind::Reload => quote_spanned!(span=> &self),
        Kind::Closed => {
            let (session, reason) = (pattern(Role::OwnedSession), pattern(Role::CloseReason));
            quote_spanned!(span=> &self, #session: Self::Session, #reason: __kai::CloseReason)
        }
        Kind::Freeze => {
            let session = pattern(Role::FrozenSession);
            quote_spanned!(span=> &'call self, #session: &'call mut Self::Session)
        }
        Kind::Thaw => {
            let frozen = pattern(Role::Frozen);
            quote_spanned!(span=> &self, #frozen: __kai::Frozen)
        }
        Kind::TakenOver => {
            let peer = pattern(Role::Peer);
            quote_spanned! {span=>
                &'call self,
                #socket: &'call mut __kai::Socket,
                #peer: __kai::Peer<Self::Message>,
                #session: &'call mut Self::Session,
            }
        }
        Kind::Terminate => {
            let reason = pattern(Role::ExitReason);
            quote_spanned!(span=> &self, #reason: &__kai::ExitReason)
        }
    }
}

/// Returns the type of the method's result.
fn returned(callback: &Callback, session: &TokenStream, action: &TokenStream) -> TokenStream {
    match callback.spec.kind {
        Kind::Connected | Kind::Thaw => session.clone(),
        Kind::Freeze => quote!(__kai::Frozen),
        Kind::Reload => quote!(__kai::Options),
        _ if callback.spec.acts => action.clone(),
        _ => quote!(()),
    }
}

/// Makes the call of the user's fn.
fn body(callback: &Callback, server: &Server, session: &Session) -> TokenStream {
    let name_alone = Ends {
        first: callback.span,
        last: callback.span,
    };
    let at = callback.returned().map_or(name_alone, Ends::of).generated();
    let span = at.first;
    let name = Ident::new(callback.spec.name, span);
    let arguments = callback.parameters.iter().map(|parameter| {
        let variable = variable(callback, parameter.role);
        match (parameter.role, session) {
            (Role::State, _) => state(callback, session),
            (role, Session::Wrapped { .. }) if role.is_session() => lent_or_given(callback, parameter, server),
            (Role::Frame, _) if server.codec.is_some() => {
                // If the type isn't the item's, rustc shows the error at the parameter.
                let ty = &parameter.ty;
                let at = Ends::of(ty).generated();
                let variable = Ident::new(&variable.to_string(), at.first);
                at.call(
                    &quote_spanned!(at.first=> __kai::items::taken::<#ty, __IS_CODEC>),
                    variable.into_token_stream(),
                )
            }
            _ => variable.into_token_stream(),
        }
    });
    let wait = callback.is_async.then(|| quote_spanned!(at.last=> .await));
    let receiver = callback
        .takes_self
        .then(|| Ident::new("self", span).into_token_stream());
    let arguments = receiver.into_iter().chain(arguments);
    let call = at.call(&quote_spanned!(span=> Self::#name), quote!(#(#arguments),*));
    let returned = returned(callback, &session.inner(), &quote_spanned!(span=> __kai::Action<'_>));
    let makes_it = matches!(callback.spec.kind, Kind::Connected | Kind::Thaw);
    let wrap = session.wrap().filter(|_| makes_it);
    let outcome = match callback.spec.kind {
        Kind::Connected if wrap.is_some() => quote_spanned!(span=> __kai::session::Begins::<#returned>::begins),
        Kind::Thaw if wrap.is_some() => quote_spanned!(span=> __kai::session::GoesOn::<#returned>::goes_on),
        _ => quote_spanned!(span=> __kai::Outcome::<#returned>::outcome),
    };
    let outcome = at.call(&outcome, quote!(#call #wait));
    let wrap = wrap.map(|wrap| quote!(.map(#wrap)));
    quote!(#outcome #wrap)
}

/// Returns the session as a callback takes it. If the callback writes another type, rustc checks
/// there whether it is the same.
fn lent_or_given(callback: &Callback, parameter: &Parameter, server: &Server) -> TokenStream {
    let other = callback
        .session()
        .filter(|ty| server.session.as_ref().is_some_and(|session| !alike(ty, session)));
    let variable = variable(callback, parameter.role);
    let Some(ty) = other else {
        return match parameter.role {
            Role::OwnedSession => quote!(#variable.0),
            Role::FrozenSession if !parameters::is_exclusive(&parameter.ty) => quote!(&#variable.0),
            _ => quote!(&mut #variable.0),
        };
    };
    let is_lent = parameter.role != Role::OwnedSession;
    let how = if is_lent { "lent" } else { "given" };
    let at = Ends::of(ty).generated();
    let span = at.first;
    let [variable, how] = [&variable.to_string(), how].map(|name| Ident::new(name, span));
    let lending = is_lent.then(|| quote_spanned!(span=> &mut));
    at.call(
        &quote_spanned!(span=> __kai::session::Is::<#ty>::#how),
        quote_spanned!(span=> #lending #variable.0),
    )
}

/// Returns the state as a callback takes it: a part of the session, which `connected` has yet to make.
fn state(callback: &Callback, session: &Session) -> TokenStream {
    let Some((states, field)) = session.state() else {
        return TokenStream::new();
    };
    if callback.spec.kind == Kind::Connected {
        return quote!(__kai::states::Known::<#states>::at(0));
    }
    let session = variable(callback, Role::Session);
    quote!(__kai::states::Known::<#states>::at(#session.#field))
}

/// Returns the pattern of a parameter: its name, if the user's fn takes it.
fn argument(callback: &Callback, role: Role) -> TokenStream {
    if callback.parameter(role).is_some() || role.is_session() && callback.parameter(Role::State).is_some() {
        variable(callback, role).to_token_stream()
    } else {
        quote!(_)
    }
}

fn variable(callback: &Callback, role: Role) -> Ident {
    let name = match role {
        Role::Frame => "data",
        Role::Socket => "socket",
        Role::Session | Role::OwnedSession | Role::FrozenSession => "session",
        Role::Peer => "peer",
        Role::Message => "message",
        Role::Failure => "failure",
        Role::Frozen => "frozen",
        Role::CloseReason | Role::ExitReason => "reason",
        Role::Supervisor => "supervisor",
        Role::State => "state",
    };
    Ident::new(name, Span::mixed_site().located_at(callback.span))
}
