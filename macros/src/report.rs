//! The report: collects all mistakes of a program, so that one compile shows them.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Error;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Report {
    errors: Vec<Error>,
    /// Code that is valid, but may be a mistake.
    warnings: Vec<(Span, String)>,
}

impl Report {
    /// Adds a mistake in `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.errors.push(Error::new_spanned(tokens, message));
    }

    /// Adds a mistake at a place without a token, for something that is missing there.
    pub(crate) fn error_at(&mut self, span: Span, message: impl Display) {
        self.errors.push(Error::new(span, message));
    }

    /// Adds a warning, for valid code that may be meant otherwise.
    pub(crate) fn warning(&mut self, span: Span, message: String) {
        self.warnings.push((span, message));
    }

    /// Adds a mistake that syn found.
    pub(crate) fn push(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// Returns the number of mistakes, so that a phase can tell whether it added one.
    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// Makes a `compile_error!` of each mistake. A macro can't warn, so a warning is the use of a
    /// deprecated constant.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for error in &self.errors {
            tokens.extend(error.to_compile_error());
        }
        for (span, message) in self.warnings {
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
