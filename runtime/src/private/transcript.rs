//! The items that the attribute's expansion names where a document has a transcript, with the
//! feature `test` and without it.

pub use crate::__transcript as transcript;
#[cfg(feature = "test")]
pub use crate::test::documented;

/// A server that transcripts are played against.
#[diagnostic::on_unimplemented(
    message = "a transcript is played against a server, and there is no default for `{Self}`",
    label = "has no default",
    note = "derive `Default`, or write `example = …` in the attribute: a server of this type"
)]
pub trait Example {
    /// Makes the server.
    fn example() -> Self;
}

#[diagnostic::do_not_recommend]
impl<S: Default> Example for S {
    fn example() -> Self {
        S::default()
    }
}

#[cfg(feature = "test")]
#[doc(hidden)]
#[macro_export]
macro_rules! __transcript {
    ($(#[$attribute:meta])* $name:ident, $server:expr, [$($line:expr),*], $text:literal) => {
        $(#[$attribute])*
        #[cfg(test)]
        #[test]
        fn $name() {
            $crate::__private::documented($server, ::core::file!(), &[$($line),*], $text);
        }
    };
}

#[cfg(not(feature = "test"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __transcript {
    ($(#[$attribute:meta])* $name:ident, $server:expr, [$($line:expr),*], $text:literal) => {
        $(#[$attribute])*
        #[cfg(test)]
        ::core::compile_error!(
            "a transcript is a test, for which `kai-tcp-server` needs its feature `test`: `cargo add --dev kai-tcp-server --features test`"
        );
    };
}
