//! Checks that only rustc can make: whether a name in a pattern is a variable, so that an arm
//! behind it is hidden.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, Stmt};

use crate::syntax::Ends;
use crate::table::shape::Name;

/// A problem with an arm.
pub(crate) enum Problem {
    Said(String),
    /// A check that says it, if it is so.
    Checked(TokenStream),
}

/// An arm that is hidden if all these names are variables.
pub(crate) struct Judged {
    /// The arm's position in its table.
    pub(crate) arm: usize,
    pub(crate) span: Span,
    pub(crate) problem: Problem,
    pub(crate) names: Vec<Name>,
}

impl Judged {
    /// Makes a constant that fails to compile with the problem if each name matches both of two
    /// values. A variable matches both; no constant does.
    pub(crate) fn statement(&self, krate: &Path) -> Stmt {
        let names: Vec<&Ident> = self.names.iter().map(|name| &name.ident).collect();
        let [first, second] = [0, 1].map(|at| self.names.iter().map(move |name| &name.values[at]));
        // rustc shows the error at the call, with all its tokens.
        let at = Ends {
            first: self.span,
            last: self.span,
        };
        let krate = at.place(krate);
        let demand = match &self.problem {
            Problem::Said(problem) => at.call(
                &quote_spanned!(self.span=> #krate::__private::check::demand),
                quote_spanned!(self.span=> ::core::option::Option::Some(#problem)),
            ),
            Problem::Checked(check) if self.names.is_empty() => return syn::parse_quote!(#check),
            Problem::Checked(check) => check.clone(),
        };
        let statement = quote! {
            #[allow(non_snake_case, unreachable_patterns, unused_variables)]
            const _: () = match (#(#first,)*) {
                (#(#names,)*) => match (#(#second,)*) {
                    (#(#names,)*) => #demand,
                    _ => (),
                },
                _ => (),
            };
        };
        syn::parse_quote!(#statement)
    }
}

/// Returns two values of a `&[u8]`. Text can't be compared while compiling.
pub(crate) fn slices() -> [TokenStream; 2] {
    [quote!(&[]), quote!(&[0_u8])].map(|slice| quote!(#slice as &[::core::primitive::u8]))
}
