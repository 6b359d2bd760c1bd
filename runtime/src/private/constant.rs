//! A constant in an arm, which is compared as it is: one that looks like a template is told, by a
//! constant that is deprecated, as macros have no other warnings.

/// A constant that an arm compares frames with.
pub struct Constant<const IS_TEMPLATE: bool>;

impl Constant<false> {
    /// Nothing is said of it.
    pub const COMPARED: () = ();
}

impl Constant<true> {
    /// It is said that it is none.
    #[deprecated(
        note = "this constant looks like a template, and is compared as it is, braces and all: a template stands as a literal in its arm; if the \
                text is meant so, compare it in a guard, `text if text == NAME`"
    )]
    pub const COMPARED: () = ();
}
