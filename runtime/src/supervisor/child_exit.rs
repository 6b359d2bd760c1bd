//! What a child may return.

use crate::error::BoxError;

/// What a child's future may return: `()`, a `Result<(), E>` whose `Err` is an abnormal exit, or nothing ever.
#[diagnostic::on_unimplemented(
    message = "a child of a supervisor returns `{Self}`",
    label = "neither `()` nor `Result<(), E>` with an error that converts into `Box<dyn Error + Send + Sync>`"
)]
pub trait ChildExit {
    /// As the supervisor takes it.
    ///
    /// # Errors
    ///
    /// Why the exit is abnormal.
    fn into_exit(self) -> Result<(), BoxError>;
}

impl ChildExit for () {
    fn into_exit(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> ChildExit for Result<(), E> {
    fn into_exit(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A loop without an end is a `!`, which can't be written as a type yet but for the return of a function.
impl ChildExit for <fn() -> ! as Returns>::Type {
    fn into_exit(self) -> Result<(), BoxError> {
        self
    }
}

/// A type by the function type that returns it.
pub trait Returns {
    /// The returned type.
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}
