//! The method by which a session is shown, for the feature that shows it. Without it no program
//! contains the `Debug` of a session that it doesn't use.

use std::fmt::Debug;

pub use crate::__inspected as inspected;

/// A session whose type may implement `Debug`. Its own method is found if it does, and otherwise
/// that of [`Opaque`].
#[derive(Debug)]
pub struct Shown<'s, T>(pub &'s T);

impl<'s, T: Debug> Shown<'s, T> {
    /// Returns the session.
    pub fn debug(&self) -> Option<&'s dyn Debug> {
        Some(self.0)
    }
}

/// The text of a session that has no `Debug`.
pub trait Opaque<'s> {
    /// Returns `None`.
    fn debug(&self) -> Option<&'s dyn Debug> {
        None
    }
}

impl<'s, T> Opaque<'s> for Shown<'s, T> {}

#[cfg(feature = "inspect")]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspected {
    () => {
        fn debug_session(session: &Self::Session) -> ::core::option::Option<&dyn ::core::fmt::Debug> {
            #[allow(unused_imports)]
            use $crate::__private::Opaque as _;
            $crate::__private::Shown(&session.0).debug()
        }
    };
}

#[cfg(not(feature = "inspect"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspected {
    () => {};
}
