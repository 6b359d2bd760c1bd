//! The return types that a child's future may have.

use crate::error::BoxError;

/// A return type of a child's future: `()`, a `Result<(), E>` in which `Err` is an abnormal exit,
/// or `!`.
#[diagnostic::on_unimplemented(
    message = "a child of a supervisor returns `{Self}`",
    label = "neither `()` nor `Result<(), E>` with an error that converts into `Box<dyn Error + Send + Sync>`"
)]
pub trait ChildExit {
    /// Converts the value into the exit that the supervisor sees.
    ///
    /// # Errors
    ///
    /// Returns the reason of an abnormal exit.
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

/// An infinite loop has the type `!`, which stable Rust accepts only as the return type of a
/// function.
impl ChildExit for <fn() -> ! as Returns>::Type {
    fn into_exit(self) -> Result<(), BoxError> {
        self
    }
}

/// The return type of a function type.
pub trait Returns {
    /// The returned type.
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}
