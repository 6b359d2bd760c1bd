//! The states of the protocol, as the behaviour has them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::session::Session;
use crate::options::Options;
use crate::syntax::Ends;

/// Makes the items of the behaviour that are about states.
pub(super) fn items(session: &Session) -> Option<TokenStream> {
    let (states, field) = session.state()?;
    Some(quote! {
        const STATES: &'static [__kai::ListedState] = __kai::states::Known::<#states>::STATES;
        fn enter_state(session: &mut Self::Session, state: ::core::primitive::usize) {
            session.#field = __kai::states::Known::<#states>::at(state);
        }
    })
}

/// Says once if the option `state` names an enum that has no states; nothing else is said then.
pub(super) fn demand(options: &Options) -> Option<TokenStream> {
    let states = options.state.as_ref()?;
    let first = Ends::of(states).generated().first;
    Some(quote_spanned! {first=>
        #[allow(unused_imports)]
        use __kai::states::Unknown as _;
        const _: fn() = || {
            let _ = <#states as __kai::ProtocolState>::at;
        };
    })
}
