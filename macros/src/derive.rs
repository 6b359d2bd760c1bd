//! The derive of `ProtocolState`: reads the enum of a protocol's states.

mod attributes;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Fields, Generics, Ident, Item, Path, Variant, parse_quote};

use self::attributes::{Settings, krate, settings};
use crate::expand::settings::{duration, packet};
use crate::options::Value;
use crate::report::Report;
use crate::syntax::Ends;

/// The most states.
const MOST: usize = 255;

/// One state.
struct State<'v> {
    variant: &'v Variant,
    is_initial: bool,
    settings: Settings,
}

impl State<'_> {
    fn name(&self) -> String {
        self.variant.ident.to_string().trim_start_matches("r#").to_owned()
    }
}

/// The item that derives. (`syn::DeriveInput` is behind a feature that nothing else here needs.)
struct Input {
    attrs: Vec<Attribute>,
    ident: Ident,
    generics: Generics,
    /// The variants of an enum.
    variants: Option<Vec<Variant>>,
}

impl Input {
    fn of(item: Item) -> Option<Self> {
        let (attrs, ident, generics, variants) = match item {
            Item::Enum(item) => (
                item.attrs,
                item.ident,
                item.generics,
                Some(item.variants.into_iter().collect()),
            ),
            Item::Struct(item) => (item.attrs, item.ident, item.generics, None),
            Item::Union(item) => (item.attrs, item.ident, item.generics, None),
            _ => return None,
        };
        Some(Input {
            attrs,
            ident,
            generics,
            variants,
        })
    }
}

/// Expands `#[derive(ProtocolState)]`. After a mistake the enum implements the trait all the same, so
/// that no server that uses it is another mistake.
pub(crate) fn protocol_state(input: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let input = match syn::parse2(input) {
        Ok(input) => Input::of(input),
        Err(error) => return error.to_compile_error(),
    };
    let Some(input) = input else {
        return TokenStream::new();
    };
    let path = krate(&input.attrs, &mut report);
    let states = read(&input, &mut report);
    let implementation = if input.generics.params.is_empty() {
        implementation(&input, &states, &path)
    } else {
        report.error(
            &input.generics,
            "the states of a protocol have no parameters: data belongs to the session",
        );
        TokenStream::new()
    };
    let reported = report.into_tokens();
    quote!(#reported #implementation)
}

fn read<'i>(input: &'i Input, report: &mut Report) -> Vec<State<'i>> {
    let Some(variants) = &input.variants else {
        report.error(
            &input.ident,
            format_args!(
                "the states of a protocol are an enum, `enum {} {{ #[initial] Hello, Ready }}`: what a connection remembers \
                 besides belongs to the session",
                input.ident
            ),
        );
        return Vec::new();
    };
    if variants.is_empty() {
        let message = "a protocol has at least one state: `#[initial] Hello`";
        report.error(&input.ident, message);
    }
    if let Some(beyond) = variants.get(MOST) {
        report.error(
            &beyond.ident,
            format_args!("a protocol has at most {MOST} states: let the session tell apart what the table doesn't"),
        );
    }
    let mut read: Vec<State> = variants
        .iter()
        .take(MOST)
        .map(|variant| state(variant, report))
        .collect();
    initial(input, &mut read, report);
    read
}

/// Puts the initial state first.
fn initial(input: &Input, states: &mut Vec<State>, report: &mut Report) {
    let mut marked = states.iter().enumerate().filter(|(_, state)| state.is_initial);
    match (marked.next(), marked.next()) {
        (Some((at, _)), None) => {
            let first = states.remove(at);
            states.insert(0, first);
        }
        (Some((_, first)), Some((_, second))) => {
            let message = format!(
                "a connection begins in one state, and `{}` is `#[initial]` already: keep one of both",
                first.variant.ident
            );
            report.error(&second.variant.ident, message);
        }
        (None, _) => {
            if let Some(first) = states.first() {
                let message = format!(
                    "no state of `{}` is the one that a connection begins in: write `#[initial]` before it, like `#[initial] {}`",
                    input.ident, first.variant.ident
                );
                report.error(&input.ident, message);
            }
        }
    }
}

fn state<'v>(variant: &'v Variant, report: &mut Report) -> State<'v> {
    if !matches!(variant.fields, Fields::Unit) {
        report.error(
            &variant.fields,
            format_args!(
                "states have no fields: what `{}` holds belongs to the session, `&mut T`",
                variant.ident
            ),
        );
    }
    let settings = settings(&variant.attrs, report);
    State {
        variant,
        is_initial: is_initial(variant, report) || settings.initial,
        settings,
    }
}

fn is_initial(variant: &Variant, report: &mut Report) -> bool {
    let is_it = |attribute: &&Attribute| attribute.path().is_ident("initial");
    let mut marks = variant.attrs.iter().filter(is_it);
    let first = marks.next();
    if let Some(mark) = first
        && mark.meta.require_path_only().is_err()
    {
        report.error(mark, "`#[initial]` stands alone; options of a state are `#[state(…)]`");
    }
    if let Some(again) = marks.next() {
        report.error(again, "this state is `#[initial]` already");
    }
    first.is_some()
}

fn implementation(input: &Input, states: &[State], krate: &Path) -> TokenStream {
    let name = &input.ident;
    let kai = quote!(#krate::__private);
    let names = states.iter().map(State::name);
    let last: Vec<String> = states
        .iter()
        .filter(|state| state.settings.last)
        .map(State::name)
        .collect();
    let last =
        (!last.is_empty()).then(|| quote!(const LAST: &'static [&'static ::core::primitive::str] = &[#(#last),*];));
    let listed = states.iter().map(|state| {
        let name = state.name();
        let options = options(&state.settings, &kai);
        quote!(#kai::ListedState::new(#name) #options)
    });
    // Variants with fields were reported.
    let indices = states.iter().enumerate().map(|(at, state)| {
        let variant = &state.variant.ident;
        quote!(#name::#variant { .. } => #at,)
    });
    let unit = |state: &&State| matches!(state.variant.fields, Fields::Unit);
    let variants = states.iter().enumerate().skip(1).filter(|(_, state)| unit(state));
    let variants = variants.map(|(at, state)| {
        let variant = &state.variant.ident;
        quote!(#at => #name::#variant,)
    });
    let first = states.first().filter(unit).map_or_else(
        || quote!(::core::panic!()),
        |state| {
            let variant = &state.variant.ident;
            quote!(#name::#variant)
        },
    );
    let checks: TokenStream = states.iter().filter_map(|state| check(&state.settings, &kai)).collect();
    let index = if states.is_empty() {
        quote!(0)
    } else {
        // An enum of too many states was reported.
        quote!(#[allow(unreachable_patterns)] match self { #(#indices)* _ => 0 })
    };
    quote! {
        #checks
        #[automatically_derived]
        impl #kai::ProtocolState for #name {
            const STATES: &'static [#kai::ListedState] = &[#(#listed),*];
            const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            #last

            #[inline]
            fn index(self) -> ::core::primitive::usize {
                #index
            }

            #[inline]
            fn at(index: ::core::primitive::usize) -> Self {
                match index {
                    #(#variants)*
                    _ => #first,
                }
            }
        }
    }
}

/// Makes `.recv_timeout(…).packet(…).last()`.
fn options(settings: &Settings, kai: &TokenStream) -> TokenStream {
    let recv_timeout = settings.recv_timeout.as_ref().map(|value| {
        let value = match value {
            Value::Time(time) => duration(*time),
            Value::Constant(expr) => quote!(#expr),
            _ => quote!(#kai::INFINITY),
        };
        quote!(.recv_timeout(#value))
    });
    let packet = settings.packet.as_ref().map(|mode| {
        let mode = packet(mode, kai);
        quote!(.packet(#mode))
    });
    let last = settings.last.then(|| quote!(.last()));
    quote!(#recv_timeout #packet #last)
}

/// Makes the check of a time that only the compiler can evaluate.
fn check(settings: &Settings, kai: &TokenStream) -> Option<TokenStream> {
    let Some(Value::Constant(expr)) = &settings.recv_timeout else {
        return None;
    };
    let at = Ends::of(expr);
    let first = at.first;
    let kai = at.place(kai);
    let id: TokenStream = quote_spanned!(first=> #kai::check::Id::RecvTimeout);
    let problem = at.call(
        &quote_spanned!(first=> #kai::check::time),
        quote_spanned!(first=> #id, #expr),
    );
    let demand = at.call(&quote_spanned!(first=> #kai::check::demand), problem);
    Some(quote_spanned!(first=> const _: () = #demand;))
}

/// Returns the path of the runtime crate, if none is given.
fn default_path() -> Path {
    parse_quote!(::kai_tcp_server)
}
