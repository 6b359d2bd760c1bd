//! What callbacks say of the session, where rustc alone knows whether it is the same.

use super::{Outcome, Returned};

/// What `connected` may return for a session `T`.
#[diagnostic::on_unimplemented(
    message = "`connected` should return the session, which is `{T}` in the other callbacks, and returns `{Self}`",
    label = "neither `{T}` nor a `Result` of it with an error that converts into `Box<dyn Error + Send + Sync>`",
    note = "a server has one session type, which `connected` returns, `closed` takes by value and the other callbacks by `&mut`: write the \
            same one everywhere"
)]
pub trait Begins<T> {
    /// As the behaviour wants it.
    fn begins(self) -> Returned<T>;
}

#[diagnostic::do_not_recommend]
impl<T, O: Outcome<T>> Begins<T> for O {
    fn begins(self) -> Returned<T> {
        self.outcome()
    }
}

/// The values that `thaw` may return for a session `T`.
#[diagnostic::on_unimplemented(
    message = "`thaw` should return the session, which is `{T}` in the other callbacks, and returns `{Self}`",
    label = "neither `{T}` nor a `Result` of it with an error that converts into `Box<dyn Error + Send + Sync>`",
    note = "a server has one session type, which `connected` returns, `freeze` writes, `thaw` makes anew and the other callbacks take: write the \
            same one everywhere"
)]
pub trait GoesOn<T> {
    /// As the behaviour wants it.
    fn goes_on(self) -> Returned<T>;
}

#[diagnostic::do_not_recommend]
impl<T, O: Outcome<T>> GoesOn<T> for O {
    fn goes_on(self) -> Returned<T> {
        self.outcome()
    }
}

/// A session that begins where there is no `connected`.
#[diagnostic::on_unimplemented(
    message = "the session `{Self}` can't begin: without a `connected` it is made by `Default`, which `{Self}` doesn't implement",
    label = "has no `Default`",
    note = "let `connected` return the session, `fn connected(&self) -> {Self}`, or implement `Default` for it",
    note = "if this should be the connection itself, that is a `&mut Socket`"
)]
pub trait Fresh {
    /// A new one.
    fn fresh() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Fresh for T {
    fn fresh() -> Self {
        T::default()
    }
}

/// The session as a callback takes it that writes its type in another way.
#[diagnostic::on_unimplemented(
    message = "the session is `{Self}`, and this callback takes `{T}`",
    label = "not the session, which is `{Self}`",
    note = "a server has one session type, which `connected` returns, `closed` takes by value and the other callbacks by `&mut`: write the \
            same one everywhere; what belongs together goes into one struct"
)]
pub trait Is<T> {
    /// For `handle_call` and others.
    fn lent(&mut self) -> &mut T;
    /// For `closed`.
    fn given(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> Is<T> for T {
    fn lent(&mut self) -> &mut T {
        self
    }

    fn given(self) -> T {
        self
    }
}
