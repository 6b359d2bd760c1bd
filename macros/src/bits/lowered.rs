//! The lowered form of a pattern that Rust doesn't know.

use proc_macro2::TokenStream;
use syn::Ident;

use super::field::Field;

/// The lowered form of a pattern: a head, conditions over the rest, and bindings.
pub(crate) struct Lowered {
    /// The constant bytes that every match begins with (whole bytes only). Dispatch may use them.
    pub(crate) head: Vec<u8>,
    /// Whether the whole frame must be `head`.
    pub(crate) exact: bool,
    /// `let … = … && let … = …`, over the variable `input`: the whole frame as `&[u8]`. The slice
    /// pattern before them has checked that it begins with `head`. Empty if nothing more must be
    /// checked.
    pub(crate) conditions: TokenStream,
    /// The names that it binds, in order.
    pub(crate) bindings: Vec<Ident>,
    /// The length in bytes of the shortest and the longest frame that it matches, as far as known.
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
    /// Whether every frame of `min` to `max` bytes that begins with `head` matches, if the names
    /// are variables. An arm behind this one never gets such a frame.
    pub(crate) complete: bool,
    /// The fields, as they were read.
    pub(crate) fields: Vec<Field>,
    /// Two values that each name can be matched with. A name may be a constant, which is compared.
    pub(crate) values: Vec<[TokenStream; 2]>,
}
