//! The check for callbacks that a macro in the block writes. The attribute reads the block before
//! macros are expanded, so these callbacks would never be called.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ImplItem, ItemImpl};

use crate::model::Server;
use crate::model::callbacks::CALLBACKS;
use crate::syntax::Ends;

/// Makes rustc check whether the server has fns named as callbacks that aren't in the block.
/// Returns `None` if the block has no macro.
pub(super) fn check(block: &ItemImpl, server: &Server) -> Option<TokenStream> {
    let call = block.items.iter().find_map(|item| match item {
        ImplItem::Macro(call) => Some(call.mac.path.span()),
        _ => None,
    })?;
    let at = Ends {
        first: call,
        last: call,
    }
    .generated();
    let span = at.first;
    let (generics, _, bounds) = block.generics.split_for_impl();
    let ty = &block.self_ty;
    let absent = CALLBACKS.iter().filter(|spec| server.callback(spec.kind).is_none());
    let demands = absent.map(|spec| {
        let name = Ident::new(spec.name, span);
        let both = at.call(
            &quote_spanned!(span=> __kai::unseen::Both),
            quote_spanned!(span=> <#ty as __kai::TcpServer>::#name, <#ty>::#name),
        );
        let demand = at.call(&quote_spanned!(span=> __kai::unseen::demand), both);
        quote_spanned!(span=> #demand;)
    });
    Some(quote! {
        #[allow(dead_code)]
        fn __unseen #generics () #bounds {
            #[allow(unused_imports)]
            use __kai::TcpServer as _;
            #(#demands)*
        }
    })
}
