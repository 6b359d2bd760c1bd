//! What a pattern that Rust doesn't know becomes.

use proc_macro2::TokenStream;
use syn::Ident;

/// What a pattern that Rust doesn't know becomes.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// The constant bytes that every match begins with (whole bytes only): dispatch may use them.
    pub(crate) head: Vec<u8>,
    /// Whether nothing may follow the head: the whole frame is `head`.
    pub(crate) exact: bool,
    /// `let … = … && let … = …`, over the variable `input`: the whole frame as `&[u8]`, which
    /// begins with `head`, as the slice pattern before them has found. Empty where there is nothing
    /// more to find.
    pub(crate) conditions: TokenStream,
    /// The names that it binds, in order.
    pub(crate) bindings: Vec<Ident>,
    /// The shortest and the longest frame that it matches, in bytes, as far as known.
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
    /// Whether every frame of `min` to `max` bytes that begins with `head` matches, if the names
    /// are variables: what an arm behind this one can't see.
    pub(crate) complete: bool,
    /// Two values of what each name is matched with; a name may be a constant, and be compared.
    pub(crate) values: Vec<[TokenStream; 2]>,
}
