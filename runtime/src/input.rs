//! How `handle_call` takes a frame.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::frame::Held;
use crate::socket::Socket;

/// What `handle_call` takes as its frame: [`Slice`], [`Text`] or [`Shared`], alone or [`WithSocket`].
///
/// The attribute chooses by the parameters that `handle_call` has. Sealed: the call loop knows each kind.
pub trait Input: sealed::Sealed + Send + Sync + 'static {
    /// What stands for one frame.
    type Frame<'a>: Send;

    /// Whether the frame may stay where it lies in the read buffer during the call.
    #[doc(hidden)]
    const IN_PLACE: bool;

    /// Whether the call takes the socket.
    #[doc(hidden)]
    const SOCKET: bool;

    /// The frame as the call takes it. None: it is not UTF-8.
    #[doc(hidden)]
    fn frame<'a>(held: &'a Held, socket: &'a mut Socket) -> Option<Self::Frame<'a>>;
}

/// A frame without the socket.
pub trait Bare: sealed::Sealed + Send + Sync + 'static {
    /// What stands for one frame.
    type Frame<'a>: Send;

    #[doc(hidden)]
    const IN_PLACE: bool;

    #[doc(hidden)]
    fn bare(held: &Held) -> Option<Self::Frame<'_>>;
}

/// `&[u8]`: the frame, lent where it lies in the read buffer. Costs nothing.
#[derive(Debug)]
pub enum Slice {}

/// `&str`: the frame, lent where it lies. Costs its validation; a frame that is not UTF-8 asks `failed`.
#[derive(Debug)]
pub enum Text {}

/// [`Bytes`]: the frame, to keep. Costs a reference count, and the memory of the read buffer that it is a part of for as long
/// as it is kept.
#[derive(Debug)]
pub enum Shared {}

/// The frame and the connection's [`Socket`], for handlers that read or write in the middle of a call. The frame is split
/// off the read buffer without a copy.
#[derive(Debug)]
pub struct WithSocket<K>(PhantomData<fn() -> K>);

impl Bare for Slice {
    type Frame<'a> = &'a [u8];

    const IN_PLACE: bool = true;

    fn bare(held: &Held) -> Option<&[u8]> {
        Some(held.as_slice())
    }
}

impl Bare for Text {
    type Frame<'a> = &'a str;

    const IN_PLACE: bool = true;

    fn bare(held: &Held) -> Option<&str> {
        std::str::from_utf8(held.as_slice()).ok()
    }
}

impl Bare for Shared {
    type Frame<'a> = Bytes;

    const IN_PLACE: bool = false;

    fn bare(held: &Held) -> Option<Bytes> {
        Some(match held {
            Held::InPlace { .. } => Bytes::copy_from_slice(held.as_slice()),
            Held::Split(bytes) => bytes.clone(),
        })
    }
}

impl<K: Bare> Input for K {
    type Frame<'a> = <K as Bare>::Frame<'a>;

    const IN_PLACE: bool = <K as Bare>::IN_PLACE;
    const SOCKET: bool = false;

    fn frame<'a>(held: &'a Held, _: &'a mut Socket) -> Option<Self::Frame<'a>> {
        K::bare(held)
    }
}

impl<K: Bare> Input for WithSocket<K> {
    type Frame<'a> = (<K as Bare>::Frame<'a>, &'a mut Socket);

    const IN_PLACE: bool = false;
    const SOCKET: bool = true;

    fn frame<'a>(held: &'a Held, socket: &'a mut Socket) -> Option<Self::Frame<'a>> {
        Some((K::bare(held)?, socket))
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Slice {}
    impl Sealed for super::Text {}
    impl Sealed for super::Shared {}
    impl<K: Sealed> Sealed for super::WithSocket<K> {}
}
