//! `bits!` as a macro that builds bytes, in scope in the block as the action words are.
//!
//! A macro's name can't be brought into a fn as the words are: there it would be ambiguous beside
//! one of the user's, or make the user's own import of `bits` an unused one. A glob import beside
//! the block yields to whatever else has the name in the module.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::VisitMut as _;
use syn::{ItemImpl, Lit, Macro};

use crate::expand;
use crate::options::Options;
use crate::syntax::walk::Walk;

/// What brings `bits!` into scope, if the block builds bytes by it.
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

/// Whether there is a macro call that is surely of this `bits!`.
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

/// Whether `bits!(layout)` stands in the tokens of another macro.
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

/// Whether tokens are surely a layout: a field with a type, a number with its width, text. Other
/// crates have a `bits!` too, and of one of those that comes by a glob import nothing is known
/// here.
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
