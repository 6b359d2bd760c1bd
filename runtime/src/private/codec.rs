//! What the attribute's expansion names where `packet` is a codec, with the feature `codec` and without it.

#[cfg(feature = "codec")]
pub use crate::input::Codec;
pub use crate::{__codec_server as codec_server, __codec_words as codec_words};

/// What a codec's item is.
#[cfg(feature = "codec")]
pub mod items {
    pub use crate::codec::Item;

    /// An item, as the type that `handle_call` takes.
    #[diagnostic::on_unimplemented(
        message = "`handle_call` takes `{T}`, but the codec's item is `{Self}`",
        label = "not the codec's item",
        note = "a frame is what the codec's `Decoder` makes of the bytes, its associated type `Item`"
    )]
    pub trait Is<T> {
        fn is(self) -> T;
    }

    #[diagnostic::do_not_recommend]
    impl<T> Is<T> for T {
        fn is(self) -> T {
            self
        }
    }

    /// The item as the parameter of `handle_call`.
    pub fn taken<T>(item: impl Is<T>) -> T {
        item.is()
    }
}

/// The action words under a codec, or some of them: fns of the fn that says one, as a fn of the runtime wouldn't know the codec.
#[cfg(feature = "codec")]
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_words {
    (@reply $codec:ty) => {
        #[allow(dead_code)]
        fn reply<'a>(item: impl $crate::__private::items::Item<$codec> + 'a) -> $crate::__private::Action<'a> {
            $crate::__private::Action::reply_item::<$codec>(item)
        }
    };
    (@close $codec:ty) => {
        #[allow(dead_code)]
        #[track_caller]
        fn close<'a>(item: impl $crate::__private::items::Item<$codec> + 'a) -> $crate::__private::Action<'a> {
            $crate::__private::Action::close_with_item::<$codec>(item)
        }
    };
    (@$bare:ident $codec:ty) => {
        #[allow(unused_imports)]
        use $crate::__private::words::$bare;
    };
    ($codec:ty) => {
        $crate::__private::codec_words! { $codec { reply, close, __close, __noreply } }
    };
    ($codec:ty { $($word:ident),* }) => {
        $($crate::__private::codec_words! { @$word $codec })*
    };
}

/// Without the feature the words send whatever it is, so that what is wrong is said once.
#[cfg(not(feature = "codec"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_words {
    ($codec:ty) => {
        #[allow(unused_imports)]
        use $crate::__private::any_words::*;
    };
    ($codec:ty { $($word:ident),* }) => {
        #[allow(unused_imports)]
        use $crate::__private::any_words::{$($word),*};
    };
}

/// The behaviour of a server under a codec, where there are codecs; else the way out, and a behaviour that does nothing.
#[cfg(feature = "codec")]
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_server {
    ($codec:literal { $($behaviour:tt)* } { $($stub:tt)* }) => { $($behaviour)* };
}

#[cfg(not(feature = "codec"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_server {
    ($codec:literal { $($behaviour:tt)* } { $($stub:tt)* }) => {
        ::core::compile_error!(::core::concat!(
            "`packet = ",
            $codec,
            "` is a codec, for which `kai-tcp-server` needs its feature `codec`: `cargo add kai-tcp-server --features codec`"
        ));
        $($stub)*
    };
}
