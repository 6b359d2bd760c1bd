//! Imports `bits!`, the macro that builds bytes, for the block.
//!
//! The import can't be inside a fn, as it is for the words: there the name would be ambiguous
//! beside a macro of the user's, or make the user's own import of `bits` unused. A glob import
//! beside the block yields to any other `bits` in the module.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::VisitMut as _;
use syn::{ItemImpl, Lit, Macro};

use crate::expand;
use crate::options::Options;
use crate::syntax::walk::Walk;

/// Makes the import, if the block builds bytes by `bits!`.
pub(crate) fn import(block: &ItemImpl, options: &Options) -> Option<TokenStream> {
    let mut found = Found(false);
    found.walk().visit_item_impl_mut(&mut block.clone());
    let krate = &options.krate;
    let attributes = expand::shared_attributes(block);
    found.0.then(|| {
        quote! {
            #(#attributes)*
            #[allow(unused_imports)]
            use #krate::__private::layouts::*;
        }
    })
}

/// A search for a macro call that is surely of this `bits!`, and its result.
struct Found(bool);

impl Walk for Found {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn macro_call(&mut self, call: &mut Macro) {
        self.0 |= call.path.is_ident("bits") && is_layout(call.tokens.clone());
        self.0 |= is_within(call.tokens.clone());
    }
}

/// Returns whether the tokens of another macro contain `bits!(layout)`.
fn is_within(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_call = |three: &[TokenTree]| match three {
        [TokenTree::Ident(name), TokenTree::Punct(mark), TokenTree::Group(layout)] => {
            name == "bits" && mark.as_char() == '!' && is_layout(layout.stream())
        }
        _ => false,
    };
    let nested = |token: &TokenTree| matches!(token, TokenTree::Group(group) if is_within(group.stream()));
    tokens.windows(3).any(is_call) || tokens.iter().any(nested)
}

/// Returns whether tokens are surely a layout: a field with a type, a number with its width, or
/// text. Other crates have a `bits!` too, and the attribute can't see one that a glob import
/// brings.
fn is_layout(tokens: TokenStream) -> bool {
    let mut joint = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(colon) if colon.as_char() == ':' => {
            let alone = !joint && colon.spacing() == Spacing::Alone;
            joint = colon.spacing() == Spacing::Joint;
            alone
        }
        TokenTree::Literal(literal) => match Lit::new(literal) {
            Lit::Int(number) => !number.suffix().is_empty(),
            Lit::Float(number) => !number.suffix().is_empty(),
            Lit::Str(_) | Lit::ByteStr(_) | Lit::Byte(_) => true,
            _ => false,
        },
        TokenTree::Group(group) => group.delimiter() == Delimiter::None && is_layout(group.stream()),
        _ => false,
    })
}
