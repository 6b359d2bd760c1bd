//! All mistakes of a program, to be told in one compile.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Error;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Report {
    errors: Vec<Error>,
    /// What may be a mistake.
    doubts: Vec<(Span, String)>,
}

impl Report {
    /// A mistake in `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.errors.push(Error::new_spanned(tokens, message));
    }

    /// A mistake at a place that is no token: what is missing there.
    pub(crate) fn error_at(&mut self, span: Span, message: impl Display) {
        self.errors.push(Error::new(span, message));
    }

    /// What is right, but may be meant otherwise: a warning.
    pub(crate) fn doubt(&mut self, span: Span, message: String) {
        self.doubts.push((span, message));
    }

    /// A mistake that syn found.
    pub(crate) fn push(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// How many mistakes there are, so that a phase can tell whether it added one.
    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// One `compile_error!` for each mistake. A macro can't warn; what it names can be deprecated.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for error in &self.errors {
            tokens.extend(error.to_compile_error());
        }
        for (span, message) in self.doubts {
            let name = quote_spanned!(span=> DOUBT);
            tokens.extend(quote! {
                const _: () = {
                    #[deprecated(note = #message)]
                    const DOUBT: () = ();
                    #name
                };
            });
        }
        tokens
    }
}
