//! The method by which any server's protocol is reached, for the features that use it. Without them no
//! program contains the constant `PROTOCOL` that it doesn't name.

pub use crate::__described as described;

#[cfg(any(feature = "describe", feature = "inspect", feature = "test"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    () => {
        fn protocol() -> ::core::option::Option<&'static $crate::Protocol> {
            ::core::option::Option::Some(Self::PROTOCOL)
        }
    };
}

#[cfg(not(any(feature = "describe", feature = "inspect", feature = "test")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    () => {};
}
