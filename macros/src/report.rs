//! All mistakes of a program, to be told in one compile.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Report {
    errors: Vec<Error>,
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

    /// A mistake that syn found.
    pub(crate) fn push(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// How many mistakes there are, so that a phase can tell whether it added one.
    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// One `compile_error!` for each.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        let mut errors = TokenStream::new();
        for error in &self.errors {
            errors.extend(error.to_compile_error());
        }
        errors
    }
}
