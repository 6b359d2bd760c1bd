//! The states of the protocol, as the behaviour has them.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::session::Session;
use crate::options::Options;
use crate::syntax::{Ends, text};
use crate::table::Protocol;
use crate::table::state::Name;
use syn::TypePath;

/// Makes the items of the behaviour that are about states.
pub(super) fn items(session: &Session) -> Option<TokenStream> {
    let (states, field) = session.state()?;
    Some(quote! {
        const STATES: &'static [__kai::ListedState] = __kai::states::Known::<#states>::STATES;
        fn enter_state(session: &mut Self::Session, state: ::core::primitive::usize) {
            session.#field = state;
        }
    })
}

/// Makes the checks of the states: that the enum of the option `state` has some, which is said once and
/// nothing else then; that something leads to each; and that something leads on from each.
pub(super) fn demand(protocol: &Protocol, options: &Options) -> Option<TokenStream> {
    let states = options.state.as_ref()?;
    let first = Ends::of(states).generated().first;
    let led_to = led_to(protocol, states);
    let ends = protocol.ends.iter().map(|end| doubt(end, states));
    Some(quote_spanned! {first=>
        #[allow(unused_imports)]
        use __kai::states::Unknown as _;
        const _: fn() = || {
            let _ = <#states as __kai::states::IsState>::demand;
        };
        #led_to
        #(#ends)*
    })
}

/// Checks that something leads to each state, unless that can't be told. The mistake is shown where an
/// arm names the state first.
fn led_to(protocol: &Protocol, states: &TypePath) -> Option<TokenStream> {
    let ways = protocol.ways.as_ref().filter(|ways| !ways.open)?;
    let mut named: Vec<&Name> = Vec::new();
    let arms = protocol.tables.iter().flat_map(|table| &table.arms);
    for name in arms.flat_map(|arm| arm.states.names()) {
        if named.iter().all(|other| other.name != name.name) {
            named.push(name);
        }
    }
    let of = text(states);
    let mut led: Vec<&String> = ways.names.iter().collect();
    led.sort_unstable();
    led.dedup();
    let mentioned = &ways.mentions;
    let led = quote!(&[#(#led),*], &[#(#mentioned),*]);
    let checks = named.iter().map(|name| {
        let state = &name.name;
        check(name.at, "led_to", states, &quote!(#of, #state, #led))
    });
    let in_arms = named.iter().map(|name| &name.name);
    let others = check(
        Ends::of(states),
        "all_are_led_to",
        states,
        &quote!(#of, &[#(#in_arms),*], #led),
    );
    Some(quote!(#(#checks)* #others))
}

fn check(at: Ends, function: &str, states: &TypePath, arguments: &TokenStream) -> TokenStream {
    let at = at.generated();
    let first = at.first;
    let function = Ident::new(function, first);
    let call = at.call(
        &quote_spanned!(first=> __kai::states::check::#function),
        quote_spanned!(first=> __kai::states::Known::<#states>::STATES, #arguments),
    );
    quote_spanned!(first=> const _: ::core::primitive::usize = #call;)
}

/// Warns of a state that nothing leaves, unless it is meant as the last. A macro can't warn, so this is
/// the use of a constant that is deprecated in this case.
fn doubt(end: &Name, states: &TypePath) -> TokenStream {
    let name = &end.name;
    let of = text(states);
    let note = format!(
        "nothing leads on from the state `{of}::{name}`, and no arm closes in it: let an action do so, `reply(…).next(…)` or `close`, or write \
         `#[state(last)]` before the state, if it is meant so"
    );
    let at = end.at.first;
    let doubt = quote_spanned!(at=> DOUBT);
    quote! {
        const _: () = {
            struct State<const GOES_ON: ::core::primitive::bool>;
            #[allow(dead_code)]
            impl State<false> {
                const DOUBT: () = ();
            }
            #[allow(dead_code)]
            impl State<true> {
                #[deprecated(note = #note)]
                const DOUBT: () = ();
            }
            State::<{ __kai::states::check::goes_on(__kai::states::Known::<#states>::STATES, #name) }>::#doubt
        };
    }
}
