//! What the attribute's expansion names where `packet` is a codec, with the feature `codec` and
//! without it.

#[cfg(feature = "codec")]
pub use crate::api::input::Codec;
pub use crate::{__codec_server as codec_server, __codec_words as codec_words};

#[cfg(feature = "codec")]
pub use crate::__codec_or_none as codec_or_none;

/// What a codec's item is.
#[cfg(feature = "codec")]
pub mod items {
    use super::codecs::NoItem;
    pub use crate::io::codec::Item;

    /// An item, as the type that `handle_call` takes, if the codec is one.
    #[diagnostic::on_unimplemented(
        message = "`handle_call` takes `{T}`, but the codec's item is `{Self}`",
        label = "not the codec's item",
        note = "a frame is what the codec's `Decoder` makes of the bytes, its associated type `Item`"
    )]
    pub trait Is<T, const OF_A_CODEC: bool> {
        fn is(self) -> T;
    }

    #[diagnostic::do_not_recommend]
    impl<T> Is<T, true> for T {
        fn is(self) -> T {
            self
        }
    }

    #[diagnostic::do_not_recommend]
    impl<T> Is<T, false> for NoItem {
        fn is(self) -> T {
            match self {}
        }
    }

    /// The item as the parameter of `handle_call`.
    pub fn taken<T, const OF_A_CODEC: bool>(item: impl Is<T, OF_A_CODEC>) -> T {
        item.is()
    }
}

/// What stands for a type that is no codec, after that was said once: each bound and each
/// projection that fails would say it again.
///
/// Without this, the 3 wrong codecs `codec_that_is_none`, `codec_without_a_default` and
/// `codec_that_cannot_move` in `ui-tests/fail` give 14 errors rather than 3.
#[cfg(feature = "codec")]
pub mod codecs {
    use std::io;
    use std::marker::PhantomData;

    use bytes::BytesMut;

    use crate::io::codec::{Codec, Decoder, Encoder};

    /// Says once of a type that it is no codec, and what it lacks.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no codec that `packet` can be",
        label = "not a codec with a `Default`",
        note = "a codec implements `tokio_util::codec::Decoder`, with an item that is `Send` and an error that converts into \
                `Box<dyn Error + Send + Sync>`, and is `Default` and `Send` itself: each connection has one, made by `Default`"
    )]
    pub trait IsCodec {
        fn demand();
    }

    #[diagnostic::do_not_recommend]
    impl<C: Codec> IsCodec for C {
        fn demand() {}
    }

    /// Whether a type is a codec: `Known::<C>::IS`, which without the bound is that of [`Unknown`].
    pub struct Known<C>(PhantomData<C>);

    impl<C: Codec> Known<C> {
        pub const IS: bool = true;
    }

    /// What [`Known`] is without its bound.
    pub trait Unknown {
        const IS: bool = false;
    }

    impl<C> Unknown for Known<C> {}

    /// A type and whether it is a codec.
    pub struct Judged<C, const IS: bool>(PhantomData<C>);

    /// The codec of a type that was judged.
    pub trait Choose {
        type Codec: Codec;
    }

    impl<C: Codec> Choose for Judged<C, true> {
        type Codec = C;
    }

    impl<C> Choose for Judged<C, false> {
        type Codec = NoCodec;
    }

    /// `C`, or what stands for it.
    pub type Of<C, const IS: bool> = <Judged<C, IS> as Choose>::Codec;

    /// Makes no item, and encodes anything.
    #[derive(Default)]
    pub struct NoCodec;

    /// The item that nobody makes.
    pub enum NoItem {}

    impl Decoder for NoCodec {
        type Item = NoItem;
        type Error = io::Error;

        fn decode(&mut self, _: &mut BytesMut) -> io::Result<Option<NoItem>> {
            Ok(None)
        }
    }

    impl<T> Encoder<T> for NoCodec {
        type Error = io::Error;

        fn encode(&mut self, _: T, _: &mut BytesMut) -> io::Result<()> {
            Ok(())
        }
    }
}

/// A codec, or what stands for it if it is none.
#[cfg(feature = "codec")]
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_or_none {
    ($codec:ty) => {
        $crate::__private::codecs::Of<$codec, {
            #[allow(unused_imports)]
            use $crate::__private::codecs::Unknown as _;
            $crate::__private::codecs::Known::<$codec>::IS
        }>
    };
}

/// The action words under a codec, or some of them: fns of the fn that says one, as a fn of the
/// runtime wouldn't know the codec.
#[cfg(feature = "codec")]
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_words {
    (@reply $codec:ty) => {
        #[allow(dead_code)]
        fn reply<'a>(item: impl $crate::__private::items::Item<$crate::__private::codec_or_none!($codec)> + 'a) -> $crate::__private::Action<'a> {
            $crate::__private::Action::reply_item::<$crate::__private::codec_or_none!($codec)>(item)
        }
    };
    (@close $codec:ty) => {
        #[allow(dead_code)]
        #[track_caller]
        fn close<'a>(item: impl $crate::__private::items::Item<$crate::__private::codec_or_none!($codec)> + 'a) -> $crate::__private::Action<'a> {
            $crate::__private::Action::close_with_item::<$crate::__private::codec_or_none!($codec)>(item)
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

/// The behaviour of a server under a codec, where there are codecs; else the way out, and a
/// behaviour that does nothing.
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
