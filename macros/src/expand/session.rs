//! Makes the session's type as the behaviour knows it.
//!
//! A trait's associated type may not be more private than the trait and the server (E0446). So that
//! a `pub` server can have a private session, the behaviour's session is a public struct around it,
//! in the expansion's own scope.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericParam, Generics, Index, ItemImpl, Type, TypePath};

use crate::model::Server;
use crate::options::Options;
use crate::syntax::without_self;

/// The session's type, with its conversions.
pub(super) enum Session<'b> {
    Unit,
    Wrapped {
        ty: TokenStream,
        span: Span,
        generics: &'b Generics,
        /// The enum of the protocol's states.
        state: Option<&'b TypePath>,
    },
}

impl<'b> Session<'b> {
    pub(super) fn new(block: &'b ItemImpl, server: &Server, options: &'b Options) -> Self {
        let state = options.state.as_ref();
        match (&server.session, state) {
            (None, None) => Session::Unit,
            (None, Some(states)) => Session::Wrapped {
                ty: quote!(()),
                span: states.span(),
                generics: &block.generics,
                state,
            },
            (Some(ty), _) => Session::Wrapped {
                ty: without_self(ty, &block.self_ty),
                span: Type::span(ty),
                generics: &block.generics,
                state,
            },
        }
    }

    /// Returns the enum of the states, and the field that holds the state.
    pub(super) fn state(&self) -> Option<(&'b TypePath, Index)> {
        match self {
            Session::Wrapped {
                generics,
                state: Some(states),
                ..
            } => Some((states, Index::from(1 + usize::from(!generics.params.is_empty())))),
            _ => None,
        }
    }

    /// Returns what stands behind the session in its struct, when it begins.
    fn behind(&self) -> TokenStream {
        let Session::Wrapped { generics, state, .. } = self else {
            return TokenStream::new();
        };
        let phantom = (!generics.params.is_empty()).then(|| quote!(, ::core::marker::PhantomData));
        let state = state.map(|_| quote!(, 0));
        quote!(#phantom #state)
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
            Session::Wrapped { generics, state, .. } if generics.params.is_empty() && state.is_none() => {
                Some(quote!(__Session))
            }
            Session::Wrapped { .. } => {
                let behind = self.behind();
                Some(quote!(|session| __Session(session #behind)))
            }
        }
    }

    /// Returns a new session, for a server without a `connected`.
    pub(super) fn fresh(&self) -> TokenStream {
        match self {
            Session::Unit => quote!(()),
            Session::Wrapped { ty, span, .. } => {
                let default = quote_spanned!(*span=> <#ty as __kai::session::Fresh>::fresh());
                let behind = self.behind();
                quote!(__Session(#default #behind))
            }
        }
    }

    /// Returns the place of its type in the block.
    pub(super) fn span(&self) -> Option<Span> {
        match self {
            Session::Unit => None,
            Session::Wrapped { span, .. } => Some(*span),
        }
    }

    pub(super) fn definition(&self) -> TokenStream {
        let Session::Wrapped {
            ty,
            span,
            generics,
            state,
        } = self
        else {
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
        let state = state.map(|_| quote!(, ::core::primitive::usize));
        let name = quote_spanned!(*span=> __Session);
        quote! {
            #[allow(dead_code, unreachable_pub)]
            pub struct #name #parameters (#ty #phantom #state) #bounds;
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
