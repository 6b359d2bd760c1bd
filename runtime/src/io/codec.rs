//! Codecs: frames that are values of your own type, behind the feature `codec`.
//!
//! A codec is anything that implements `Decoder` and `Encoder` of
//! [tokio-util](https://docs.rs/tokio-util/latest/tokio_util/codec/). Under `packet = MyCodec` the
//! attribute makes `handle_call` take the codec's item, and the words `reply` and `close` take what
//! the codec encodes; elsewhere the same is said by
//! [`Action::reply_item`](crate::Action::reply_item),
//! [`Action::close_with_item`](crate::Action::close_with_item),
//! [`Socket::recv_item`](crate::Socket::recv_item) and
//! [`Socket::send_item`](crate::Socket::send_item). A server that is written by hand takes items by
//! [`input::Codec`](crate::input::Codec).
//!
//! Each connection has a codec of its own, made by `Default` when it is first needed.

pub(super) mod state;

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use bytes::BytesMut;
#[doc(no_inline)]
pub use tokio_util::codec::{Decoder, Encoder};

use crate::error::BoxError;

/// A value that a codec can send: any `T` that `C` is an [`Encoder`] of.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::Action;
/// use kai_tcp_server::codec::Item;
/// use tokio_util::codec::LinesCodec;
///
/// fn shout<'a, T: Item<LinesCodec> + 'a>(item: T) -> Action<'a> {
///     Action::reply_item::<LinesCodec>(item)
/// }
///
/// assert_eq!(shout("hello").into_bytes()?, "hello\n");
/// # Ok::<(), kai_tcp_server::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the codec `{C}` doesn't encode `{Self}`, so it can't be sent",
    label = "not what `{C}` encodes",
    note = "a codec encodes each `T` that it implements `tokio_util::codec::Encoder<T>` for, with an error that converts into \
            `Box<dyn Error + Send + Sync>`"
)]
pub trait Item<C>: Send {
    /// Appends what the codec makes of the item to `output`.
    #[doc(hidden)]
    fn encode_by(self, codec: &mut C, output: &mut BytesMut) -> Result<(), BoxError>;
}

#[diagnostic::do_not_recommend]
impl<C, T> Item<C> for T
where
    C: Encoder<T, Error: Into<BoxError>>,
    T: Send,
{
    fn encode_by(self, codec: &mut C, output: &mut BytesMut) -> Result<(), BoxError> {
        codec.encode(self, output).map_err(Into::into)
    }
}

/// A type that `packet` can be: it implements [`Decoder`] and `Default`, and it and its items can
/// move between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no codec that `packet` can be",
    label = "not a codec with a `Default`",
    note = "a codec implements `tokio_util::codec::Decoder`, with an item that is `Send` and an error that converts into \
            `Box<dyn Error + Send + Sync>`, and is `Default` and `Send` itself: each connection has one, made by `Default`"
)]
pub trait Codec: Default + Send + 'static {
    /// The type of what `handle_call` takes.
    type Item: Send;

    /// [`Decoder::decode`], or [`Decoder::decode_eof`].
    #[doc(hidden)]
    fn next_item(&mut self, input: &mut BytesMut, eof: bool) -> Result<Option<Self::Item>, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<C> Codec for C
where
    C: Decoder<Item: Send, Error: Into<BoxError>> + Default + Send + 'static,
{
    type Item = <C as Decoder>::Item;

    fn next_item(&mut self, input: &mut BytesMut, eof: bool) -> Result<Option<Self::Item>, BoxError> {
        if eof {
            self.decode_eof(input)
        } else {
            self.decode(input)
        }
        .map_err(Into::into)
    }
}

/// The codec of a connection, of any type, so that neither the connection nor its socket is
/// generic.
#[derive(Debug, Default)]
pub(crate) struct Slot(Option<Box<dyn Any + Send>>);

impl Slot {
    /// Returns whether there is a codec of another type.
    pub(crate) fn holds_another<C: 'static>(&self) -> bool {
        self.0.as_ref().is_some_and(|codec| !codec.is::<C>())
    }

    /// Returns the size of the codec in memory; 0 if there is none.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn size(&self) -> usize {
        self.0.as_deref().map_or(0, size_of_val)
    }

    /// Returns the type of the codec, if there is one.
    pub(crate) fn type_id(&self) -> Option<TypeId> {
        self.0.as_deref().map(Any::type_id)
    }

    /// Runs something with the codec, which is made if there is none of this type. A codec that
    /// panics is never used again.
    pub(crate) fn with<C: Default + Send + 'static, T>(&mut self, run: impl FnOnce(&mut C) -> T) -> T {
        let mut codec = match self.0.take().map(<Box<dyn Any + Send>>::downcast) {
            Some(Ok(codec)) => codec,
            _ => Box::<C>::default(),
        };
        let done = run(&mut codec);
        self.0 = Some(codec);
        done
    }
}

/// An item that is to be sent, and that remembers its codec's type.
pub(crate) trait Erased: Send + Sync {
    /// Returns the type of the item.
    fn name(&self) -> &'static str;

    fn encode(self: Box<Self>, slot: &mut Slot, output: &mut BytesMut) -> Result<(), BoxError>;
}

impl fmt::Debug for dyn Erased + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an item of type {}", self.name())
    }
}

struct Typed<C, T> {
    /// The lock makes `Sync` what is only `Send`, so that an action is both, whatever it sends. It
    /// is never contended.
    item: Mutex<T>,
    codec: PhantomData<fn() -> C>,
}

impl<C: Default + Send + 'static, T: Item<C>> Erased for Typed<C, T> {
    fn name(&self) -> &'static str {
        type_name::<T>()
    }

    fn encode(self: Box<Self>, slot: &mut Slot, output: &mut BytesMut) -> Result<(), BoxError> {
        let item = self.item.into_inner().unwrap_or_else(PoisonError::into_inner);
        slot.with::<C, _>(|codec| item.encode_by(codec, output))
    }
}

/// Keeps an item until it is sent, in one allocation.
pub(crate) fn erase<'a, C: Default + Send + 'static>(item: impl Item<C> + 'a) -> Box<dyn Erased + 'a> {
    Box::new(Typed {
        item: Mutex::new(item),
        codec: PhantomData::<fn() -> C>,
    })
}
