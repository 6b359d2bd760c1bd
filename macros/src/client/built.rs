//! The parts that a form of frames gives to the methods of its arm.

use proc_macro2::{Ident, TokenStream};

/// The way in which a value is compared with what the arm reads.
#[derive(Clone, Copy)]
pub(super) enum Same {
    Bytes,
    Value,
    Float,
    /// By its text.
    Shown,
    /// The arm reads no value of this name.
    Unread,
}

/// The making of a frame: the parameters, and the code that writes them.
#[derive(Default)]
pub(super) struct Built {
    pub(super) parameters: Vec<(Ident, TokenStream, Same)>,
    pub(super) writes: Vec<TokenStream>,
}
