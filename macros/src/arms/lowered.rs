//! What a pattern that Rust doesn't know becomes.

use proc_macro2::{Ident, Span, TokenStream};
use syn::PatMacro;

use crate::report::Report;

/// What a pattern that Rust doesn't know becomes.
pub(crate) struct Lowered {
    /// The constant bytes that every match begins with (whole bytes only): dispatch may use them.
    pub(crate) head: Vec<u8>,
    /// Whether nothing may follow the head: the whole frame is `head`.
    pub(crate) exact: bool,
    /// `let … = … && let … = …`, over the variable `input`: the WHOLE frame as `&[u8]` (head included); empty if exact.
    pub(crate) conditions: TokenStream,
    /// The names that it binds, in order.
    pub(crate) bindings: Vec<Ident>,
    /// The shortest and the longest frame that it matches, in bytes, as far as known.
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
}

/// Whether a macro in a pattern's place is a bit layout.
pub(crate) fn is_bits(pattern: &PatMacro) -> bool {
    pattern
        .mac
        .path
        .segments
        .last()
        .is_some_and(|last| last.ident == "bits")
}

/// Lowers a bit layout.
pub(crate) fn bits(_tokens: TokenStream, span: Span, _input: &Ident, report: &mut Report) -> Option<Lowered> {
    report.error_at(
        span,
        "`bits!` is not there yet: write a slice pattern, like `[0x01, rest @ ..]`",
    );
    None
}
