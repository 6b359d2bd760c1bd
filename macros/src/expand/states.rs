//! The states of the protocol, as the behaviour has them.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::session::Session;
use crate::options::Options;
use crate::syntax::{Ends, text};
use crate::table::state::{Name, States};
use crate::table::{Edge, Protocol, packet_size};
use syn::{ItemImpl, TypePath};

/// Makes the items of the behaviour that are about states.
pub(super) fn items(session: &Session) -> Option<TokenStream> {
    let (states, field) = session.state()?;
    Some(quote! {
        #[doc(hidden)]
        const STATES: &'static [__kai::ListedState] = __kai::states::Known::<#states>::STATES;
        fn enter_state(session: &mut Self::Session, state: ::core::primitive::usize) {
            session.#field = state;
        }
    })
}

/// Makes the checks of the states: that the enum of the option `state` has some, which is said once and
/// nothing else then; that a connection comes to each; that blocks fit into `packet_size`; and that
/// something leads on from each.
pub(super) fn demand(block: &ItemImpl, protocol: &Protocol, options: &Options) -> Option<TokenStream> {
    let states = options.state.as_ref()?;
    let first = Ends::of(states).generated().first;
    let led_to = led_to(protocol, states);
    let blocks_fit = blocks_fit(block, options, states);
    let ends = protocol.ends.iter().map(|end| doubt(end, states));
    Some(quote_spanned! {first=>
        #[allow(unused_imports)]
        use __kai::states::Unknown as _;
        const _: fn() = || {
            let _ = <#states as __kai::states::IsState>::demand;
        };
        #led_to
        #blocks_fit
        #(#ends)*
    })
}

/// Checks that a connection comes to each state, unless that can't be told. The mistake is shown
/// where an arm names the state first.
fn led_to(protocol: &Protocol, states: &TypePath) -> Option<TokenStream> {
    let mut names = Names::default();
    let arms = protocol.tables.iter().flat_map(|table| &table.arms);
    let judged = arms
        .map(|arm| &arm.states)
        .chain(protocol.edges.iter().map(|edge| &edge.from));
    let mut shown: Vec<&Name> = Vec::new();
    for name in judged.flat_map(States::names) {
        if names.add(&name.name) {
            shown.push(name);
        }
    }
    for name in protocol.edges.iter().flat_map(|edge| &edge.ways.names) {
        names.at(name);
    }
    let sure = names.all.len();
    let mut from_any = BTreeSet::new();
    let mut edges: Vec<(BTreeSet<usize>, bool)> = vec![Default::default(); shown.len()];
    for Edge { from, ways, .. } in &protocol.edges {
        let to: Vec<usize> = ways
            .names
            .iter()
            .chain(&ways.mentions)
            .map(|name| names.at(name))
            .collect();
        match from {
            States::Any | States::Unknown if ways.open => return None,
            States::Any | States::Unknown => from_any.extend(to),
            States::Named(from) => {
                for name in from {
                    let (all, open) = &mut edges[names.at(&name.name)];
                    all.extend(&to);
                    *open |= ways.open;
                }
            }
        }
    }
    let from_any = from_any.into_iter();
    let edges = edges.into_iter().map(|(to, open)| {
        let to = to.into_iter();
        quote!(__kai::states::walk::Edge { to: &[#(#to),*], open: #open })
    });
    let all = &names.all;
    let of = text(states);
    let walk = quote!(&WALK, #of);
    let checks = shown
        .iter()
        .enumerate()
        .map(|(at, name)| check(name.at, &["walk", "led_to"], &quote!(#walk, #at)));
    let others = check(Ends::of(states), &["walk", "all_are_led_to"], &walk);
    Some(quote! {
        const _: () = {
            const WALK: __kai::states::walk::Walk = __kai::states::walk::walk(
                __kai::states::Known::<#states>::STATES,
                &__kai::states::walk::Ways {
                    names: &[#(#all),*],
                    sure: #sure,
                    from_any: &[#(#from_any),*],
                    edges: &[#(#edges),*],
                },
            );
            #(#checks)*
            #others
        };
    })
}

/// Names, each once.
#[derive(Default)]
struct Names<'n> {
    all: Vec<&'n str>,
    places: HashMap<&'n str, usize>,
}

impl<'n> Names<'n> {
    /// Adds a name. Returns whether it is new.
    fn add(&mut self, name: &'n str) -> bool {
        let before = self.all.len();
        self.at(name);
        self.all.len() > before
    }

    /// Returns the place of a name.
    fn at(&mut self, name: &'n str) -> usize {
        let next = self.all.len();
        let at = *self.places.entry(name).or_insert(next);
        if at == next {
            self.all.push(name);
        }
        at
    }
}

/// Checks that the blocks of each state fit into `packet_size`, if it is known.
fn blocks_fit(block: &ItemImpl, options: &Options, states: &TypePath) -> Option<TokenStream> {
    let (size, of) = (packet_size(block, options)?, text(states));
    let known = quote!(__kai::states::Known::<#states>::STATES);
    Some(check(
        Ends::of(states),
        &["check", "blocks_fit"],
        &quote!(#known, #of, #size),
    ))
}

/// Makes a check, with the place that the mistake is shown at.
fn check(at: Ends, function: &[&str; 2], arguments: &TokenStream) -> TokenStream {
    let at = at.generated();
    let first = at.first;
    let [module, function] = function.map(|name| Ident::new(name, first));
    let call = at.call(
        &quote_spanned!(first=> __kai::states::#module::#function),
        quote_spanned!(first=> #arguments),
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
