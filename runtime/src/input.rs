//! How `handle_call` takes a frame.

use bytes::Bytes;

use crate::socket::Socket;

/// What `handle_call` takes as its frame: [`Slice`], [`Text`] or [`Shared`], alone or [`WithSocket`].
///
/// The attribute chooses by the parameters that `handle_call` has. Sealed: the call loop knows each kind.
pub trait Input: sealed::Sealed + Send + Sync + 'static {
    /// What stands for one frame.
    type Frame<'a>: Send;
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
pub struct WithSocket<K>(std::marker::PhantomData<fn() -> K>);

impl Input for Slice {
    type Frame<'a> = &'a [u8];
}

impl Input for Text {
    type Frame<'a> = &'a str;
}

impl Input for Shared {
    type Frame<'a> = Bytes;
}

impl<K: Input> Input for WithSocket<K> {
    type Frame<'a> = (K::Frame<'a>, &'a mut Socket);
}

pub(crate) mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Slice {}
    impl Sealed for super::Text {}
    impl Sealed for super::Shared {}
    impl<K: Sealed> Sealed for super::WithSocket<K> {}
}
