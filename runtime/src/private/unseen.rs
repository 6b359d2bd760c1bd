//! Callbacks that a macro in the block writes, which the attribute can't see.

/// Whether a fn is the behaviour's own, and none of the user's.
#[diagnostic::on_unimplemented(
    message = "a macro in this block writes a callback, which would never be called: the attribute reads the block before macros are expanded",
    label = "this makes `{Self}`",
    note = "write the callback out in the block, and let the macro write its body",
    note = "if it is a method of your own, give it another name, or let the macro stand in another `impl` block"
)]
pub trait Is<F> {}

#[diagnostic::do_not_recommend]
impl<F> Is<F> for F {}

/// Two fns. They come together, or rustc would take it from the first that the other is the same.
#[derive(Debug)]
pub struct Both<F, G>(pub F, pub G);

/// Fails to compile where the fn that is found is another one than the behaviour's.
pub fn demand<F, G: Is<F>>(both: Both<F, G>) {
    drop(both);
}
