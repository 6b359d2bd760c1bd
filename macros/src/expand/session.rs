//! Makes the session's type as the behaviour knows it.
//!
//! A trait's associated type may not be more private than the trait and the server (E0446). So that
//! a `pub` server can have a private session, the behaviour's session is a public struct around it,
//! in the expansion's own scope.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericParam, Generics, ItemImpl, Type};

use crate::model::Server;
use crate::syntax::without_self;

/// The session's type, with its conversions.
pub(super) enum Session<'b> {
    Unit,
    Wrapped {
        ty: TokenStream,
        span: Span,
        generics: &'b Generics,
    },
}

impl<'b> Session<'b> {
    pub(super) fn new(block: &'b ItemImpl, server: &Server) -> Self {
        match &server.session {
            None => Session::Unit,
            Some(ty) => Session::Wrapped {
                ty: without_self(ty, &block.self_ty),
                span: Type::span(ty),
                generics: &block.generics,
            },
        }
    }

    /// Returns the user's type.
    pub(super) fn inner(&self) -> TokenStream {
        match self {
            Session::Unit => quote!(()),
            Session::Wrapped { ty, .. } => ty.clone(),
        }
    }

    /// Returns the behaviour's type.
    pub(super) fn outer(&self) -> TokenStream {
        match self {
            Session::Unit => quote!(()),
            Session::Wrapped { span, generics, .. } => {
                let (_, arguments, _) = generics.split_for_impl();
                quote_spanned!(*span=> __Session #arguments)
            }
        }
    }

    /// Returns the function from the user's session to the behaviour's.
    pub(super) fn wrap(&self) -> Option<TokenStream> {
        match self {
            Session::Unit => None,
            Session::Wrapped { generics, .. } if generics.params.is_empty() => Some(quote!(__Session)),
            Session::Wrapped { .. } => Some(quote!(|session| __Session(session, ::core::marker::PhantomData))),
        }
    }

    /// Returns a new session, for a server without a `connected`.
    pub(super) fn fresh(&self) -> TokenStream {
        match self {
            Session::Unit => quote!(()),
            Session::Wrapped { ty, span, generics } => {
                let default = quote_spanned!(*span=> <#ty as __kai::session::Fresh>::fresh());
                if generics.params.is_empty() {
                    quote!(__Session(#default))
                } else {
                    quote!(__Session(#default, ::core::marker::PhantomData))
                }
            }
        }
    }

    pub(super) fn definition(&self) -> TokenStream {
        let Session::Wrapped { ty, span, generics } = self else {
            return TokenStream::new();
        };
        let bounds = &generics.where_clause;
        let parameters = &generics.params;
        let (phantom, parameters) = if parameters.is_empty() {
            (TokenStream::new(), TokenStream::new())
        } else {
            let uses = generics.params.iter().map(used);
            (
                quote!(, ::core::marker::PhantomData<(#(#uses,)*)>),
                quote!(<#parameters>),
            )
        };
        let name = quote_spanned!(*span=> __Session);
        quote! {
            #[allow(dead_code, unreachable_pub)]
            pub struct #name #parameters (#ty #phantom) #bounds;
        }
    }
}

/// Returns a type that uses a parameter without owning anything of it.
fn used(parameter: &GenericParam) -> TokenStream {
    match parameter {
        GenericParam::Type(ty) => {
            let ident = &ty.ident;
            quote!(fn(*const #ident))
        }
        GenericParam::Lifetime(lifetime) => {
            let lifetime = &lifetime.lifetime;
            quote!(&#lifetime ())
        }
        GenericParam::Const(_) => quote!(()),
    }
}
