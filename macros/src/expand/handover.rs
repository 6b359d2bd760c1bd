//! The part of the behaviour by which a new version of the program takes connections over.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::session::Session;
use crate::model::Server;
use crate::model::callbacks::Kind;
use crate::options::Options;

/// Makes the items beside the callbacks `freeze` and `thaw`, or those that stand for them under
/// `session_version`.
pub(super) fn items(server: &Server, session: &Session, options: &Options) -> Option<TokenStream> {
    if server.callback(Kind::Thaw).is_some() {
        return Some(quote!(
            const HANDS_OVER: bool = true;
        ));
    }
    let version = &options.session_version.as_ref()?.value;
    let (inner, outer) = (session.inner(), session.outer());
    let span = session.span().unwrap_or_else(Span::call_site);
    let content = session.wrap().is_some().then(|| quote!(.0));
    let wrap = session.wrap().map(|wrap| quote!(.map(#wrap)));
    // A session that serde doesn't know is said at its type.
    let written = quote_spanned!(span=> <#inner as __kai::Written>);
    Some(quote! {
        __kai::by_serde! {
            { #version }
            const HANDS_OVER: bool = true;
            #[doc(hidden)]
            fn freeze<'call>(
                &'call self,
                session: &'call mut Self::Session,
            ) -> impl __kai::Future<Output = __kai::Returned<__kai::Frozen>> + __kai::Send {
                ::core::future::ready(#written::freeze(&session #content, const { #version }))
            }
            #[doc(hidden)]
            fn thaw(
                &self,
                frozen: __kai::Frozen,
            ) -> impl __kai::Future<Output = __kai::Returned<#outer>> + __kai::Send {
                ::core::future::ready(#written::thaw(&frozen, const { #version }) #wrap)
            }
        }
    })
}
