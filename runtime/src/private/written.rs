//! The names for the attribute's expansion where `session_version` is set, with the feature
//! `upgrade` and without it.

pub use crate::__by_serde as by_serde;

#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub use self::bounds::Written;

#[cfg(all(target_os = "linux", feature = "upgrade"))]
mod bounds {
    use serde::{Serialize, de::DeserializeOwned};

    use super::super::Returned;
    use crate::io::frozen::Frozen;

    /// A session that serde writes and reads.
    #[diagnostic::on_unimplemented(
        message = "`session_version` hands the session over by serde, and `{Self}` implements no `Serialize` and `DeserializeOwned`",
        label = "serde can't write this and read it again",
        note = "derive both: `#[derive(serde::Serialize, serde::Deserialize)]`; `#[serde(skip)]` leaves out what has a `Default`, as an \
                `Option<Peer<M>>`, which `taken_over` sets anew",
        note = "or write the callbacks `freeze` and `thaw` in place of `session_version`",
        note = "a type parameter needs its bounds: `T: Serialize + DeserializeOwned`"
    )]
    pub trait Written: Sized {
        /// The session in bytes.
        fn freeze(&self, version: u32) -> Returned<Frozen>;
        /// The session out of them.
        fn thaw(frozen: &Frozen, version: u32) -> Returned<Self>;
    }

    #[diagnostic::do_not_recommend]
    impl<T: Serialize + DeserializeOwned> Written for T {
        fn freeze(&self, version: u32) -> Returned<Frozen> {
            Ok(Frozen::of(version, self)?)
        }

        fn thaw(frozen: &Frozen, version: u32) -> Returned<Self> {
            Ok(frozen.read(version)?)
        }
    }
}

/// The part of the behaviour that `session_version` makes. Elsewhere no connection is handed over,
/// and the version is looked at alone.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __by_serde {
    ({ $($version:tt)* } $($items:tt)*) => { $($items)* };
}

#[cfg(not(all(target_os = "linux", feature = "upgrade")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __by_serde {
    ({ $($version:tt)* } $($items:tt)*) => {
        const HANDS_OVER: ::core::primitive::bool = {
            let _: ::core::primitive::u32 = $($version)*;
            false
        };
    };
}
