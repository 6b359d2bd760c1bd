//! The ways in which `handle_call` takes a frame: how each kind is found, held for a call, and
//! handed to it.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::api::frame::{HeldFrame, HeldHttpLine};
use crate::api::socket::Socket;
use crate::error::Error;
use crate::io::{Io, Reader};
use crate::packet::Cut;
use crate::packet::http::{Http, Line};

/// What `handle_call` takes as its frame: [`Slice`], [`Text`], [`Shared`], [`HttpLine`] or, with
/// the feature `codec`, the item of a codec; alone or [`WithSocket`].
///
/// The attribute chooses by the parameters that `handle_call` has. Sealed: what a kind does with
/// the connection's buffers is the call loop's matter.
pub trait Input: sealed::Sealed + Send + Sync + 'static {
    /// The type of one frame.
    type Frame<'a>: Send;

    /// The frame's own kind.
    #[doc(hidden)]
    type Kind: Kind;

    /// Says whether the call takes the socket.
    #[doc(hidden)]
    const SOCKET: bool;

    /// Returns the frame as the call takes it, `None` if it isn't UTF-8.
    #[doc(hidden)]
    fn frame<'a>(held: &'a mut <Self::Kind as Kind>::Held<'_>, socket: &'a mut Socket) -> Option<Self::Frame<'a>>;
}

/// A kind of frame: how it is found in the read buffer, held for the time of a call, and handed to
/// it.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {
    /// The type of one frame.
    type Frame<'a>: Send;

    /// A frame that was found.
    #[doc(hidden)]
    type Found: Send;

    /// A frame that is held for the time of a call.
    #[doc(hidden)]
    type Held<'i>: Send;

    /// Says whether a call is lent the frame where it lies, and so can't keep it.
    #[doc(hidden)]
    const LENT: bool = false;

    /// Returns the next frame, if it is here whole.
    #[doc(hidden)]
    fn find(io: &mut Io) -> Result<Option<Self::Found>, Error>;

    /// Returns whether so many frames came of no bytes that the stream and the messages have their
    /// turn before the next.
    #[doc(hidden)]
    fn gives_way(_: &Io) -> bool {
        false
    }

    /// The stream and the messages had their turn.
    #[doc(hidden)]
    fn took_turns(_: &mut Io) {}

    /// Holds a frame for a call, where it lies if it can be.
    #[doc(hidden)]
    fn hold<'i>(found: &mut Self::Found, reader: &'i mut Reader) -> Self::Held<'i>;

    /// Takes a frame off the input, for a call that the connection itself is lent to.
    #[doc(hidden)]
    fn split(found: Self::Found, reader: &mut Reader) -> Self::Held<'static>;

    /// Returns the frame as a call takes it, once; `None` if it isn't UTF-8.
    #[doc(hidden)]
    fn lend<'a>(held: &'a mut Self::Held<'_>) -> Option<Self::Frame<'a>>;

    /// Releases a frame whose call is done.
    #[doc(hidden)]
    fn release(found: Self::Found, reader: &mut Reader);
}

/// `&[u8]`: the frame, lent where it lies in the read buffer. Costs nothing: no copy and no
/// allocation.
#[derive(Debug)]
pub enum Slice {}

/// `&str`: the frame, lent where it lies. Costs its validation; a frame that is not UTF-8 asks
/// `failed`.
#[derive(Debug)]
pub enum Text {}

/// [`Bytes`]: the frame, to keep, without a copy. Costs a reference count, and no allocation where
/// it is dropped by the end of the call. A frame that is kept keeps the memory of the read buffer
/// that it is a part of, usually 16 KiB, and what is read next needs another one: two allocations a
/// read, however many frames came with it. What is kept for long is better copied.
#[derive(Debug)]
pub enum Shared {}

/// [`Http`]: what a line of HTTP says, under `http` and `httph`. It borrows from the line, which
/// stays where it lies. Costs that it is read: each byte is looked at about once more.
#[derive(Debug)]
pub enum HttpLine {}

/// The frame and the connection's [`Socket`], for handlers that read or write in the middle of a
/// call. The frame is split off the read buffer, without a copy and without an allocation.
#[derive(Debug)]
pub struct WithSocket<K>(PhantomData<fn() -> K>);

impl Kind for Slice {
    type Frame<'a> = &'a [u8];
    type Found = Cut;
    type Held<'i> = HeldFrame<'i>;

    const LENT: bool = true;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call loop searches for each frame")]
    fn find(io: &mut Io) -> Result<Option<Cut>, Error> {
        Ok(io.find()?)
    }

    #[inline]
    fn hold<'i>(found: &mut Cut, reader: &'i mut Reader) -> HeldFrame<'i> {
        HeldFrame::InPlace(reader.frame(found))
    }

    #[inline]
    fn split(found: Cut, reader: &mut Reader) -> HeldFrame<'static> {
        HeldFrame::Split(reader.split(&found))
    }

    #[inline]
    fn lend<'a>(held: &'a mut HeldFrame<'_>) -> Option<&'a [u8]> {
        Some(held.as_slice())
    }

    #[inline]
    fn release(found: Cut, reader: &mut Reader) {
        reader.consume(&found);
    }
}

impl Kind for Text {
    type Frame<'a> = &'a str;
    type Found = Cut;
    type Held<'i> = HeldFrame<'i>;

    const LENT: bool = true;

    #[inline]
    fn find(io: &mut Io) -> Result<Option<Cut>, Error> {
        Slice::find(io)
    }

    #[inline]
    fn hold<'i>(found: &mut Cut, reader: &'i mut Reader) -> HeldFrame<'i> {
        Slice::hold(found, reader)
    }

    #[inline]
    fn split(found: Cut, reader: &mut Reader) -> HeldFrame<'static> {
        Slice::split(found, reader)
    }

    #[inline]
    fn lend<'a>(held: &'a mut HeldFrame<'_>) -> Option<&'a str> {
        std::str::from_utf8(held.as_slice()).ok()
    }

    #[inline]
    fn release(found: Cut, reader: &mut Reader) {
        Slice::release(found, reader);
    }
}

impl Kind for Shared {
    type Frame<'a> = Bytes;
    type Found = Cut;
    type Held<'i> = Bytes;

    fn find(io: &mut Io) -> Result<Option<Cut>, Error> {
        Slice::find(io)
    }

    fn hold(found: &mut Cut, reader: &mut Reader) -> Bytes {
        reader.split(found)
    }

    fn split(found: Cut, reader: &mut Reader) -> Bytes {
        reader.split(&found)
    }

    fn lend(held: &mut Bytes) -> Option<Bytes> {
        Some(std::mem::take(held))
    }

    fn release(_: Cut, reader: &mut Reader) {
        reader.tidy();
    }
}

impl Kind for HttpLine {
    type Frame<'a> = Http<'a>;
    type Found = (Cut, Line);
    type Held<'i> = HeldHttpLine<'i>;

    const LENT: bool = true;

    fn find(io: &mut Io) -> Result<Option<Self::Found>, Error> {
        let cut = io.find()?;
        Ok(cut.map(|cut| (cut, io.reader.line())))
    }

    fn hold<'i>((cut, line): &mut Self::Found, reader: &'i mut Reader) -> HeldHttpLine<'i> {
        HeldHttpLine::new(Slice::hold(cut, reader), *line)
    }

    fn split((cut, line): Self::Found, reader: &mut Reader) -> HeldHttpLine<'static> {
        HeldHttpLine::new(Slice::split(cut, reader), line)
    }

    fn lend<'a>(held: &'a mut HeldHttpLine<'_>) -> Option<Http<'a>> {
        Some(held.line.read(held.held.as_slice(), &mut held.canonical))
    }

    fn release((cut, _): Self::Found, reader: &mut Reader) {
        Slice::release(cut, reader);
    }
}

impl<K: Kind> Input for K {
    type Frame<'a> = <K as Kind>::Frame<'a>;
    type Kind = K;

    const SOCKET: bool = false;

    fn frame<'a>(held: &'a mut K::Held<'_>, _: &'a mut Socket) -> Option<Self::Frame<'a>> {
        K::lend(held)
    }
}

impl<K: Kind> Input for WithSocket<K> {
    type Frame<'a> = (<K as Kind>::Frame<'a>, &'a mut Socket);
    type Kind = K;

    const SOCKET: bool = true;

    fn frame<'a>(held: &'a mut K::Held<'_>, socket: &'a mut Socket) -> Option<Self::Frame<'a>> {
        Some((K::lend(held)?, socket))
    }
}

#[cfg(feature = "codec")]
mod items {
    use std::marker::PhantomData;

    use super::Kind;
    use crate::error::Error;
    use crate::io::codec;
    use crate::io::{Io, Reader};

    /// A codec's item, behind the feature `codec`: what the connection's codec makes of the bytes.
    /// Costs what the codec does.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, BoxError, Frame, Options, Packet, Peer, Socket, TcpServer, input};
    /// use tokio_util::codec::LinesCodec;
    ///
    /// struct Upper;
    ///
    /// impl TcpServer for Upper {
    ///     type Input = input::Codec<LinesCodec>;
    ///     type Session = ();
    ///     type Message = ();
    ///
    ///     fn options(&self) -> Options {
    ///         // For what is received and sent beside the items.
    ///         Options::new().port(10000).packet(Packet::Raw)
    ///     }
    ///
    ///     async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
    ///         Ok(())
    ///     }
    ///
    ///     async fn handle_call<'a>(&'a self, line: Frame<'a, Self>, _: &'a mut ()) -> Result<Action<'a>, BoxError> {
    ///         Ok(Action::reply_item::<LinesCodec>(line.to_uppercase()))
    ///     }
    /// }
    /// ```
    #[derive(Debug)]
    pub struct Codec<C>(PhantomData<fn() -> C>);

    impl<C: codec::Codec> Kind for Codec<C> {
        type Frame<'a> = C::Item;
        /// `None` once a call has it.
        type Found = Option<C::Item>;
        type Held<'i> = Option<C::Item>;

        fn find(io: &mut Io) -> Result<Option<Self::Found>, Error> {
            Ok(io.find_item::<C>()?.map(Some))
        }

        fn gives_way(io: &Io) -> bool {
            io.gives_way()
        }

        fn took_turns(io: &mut Io) {
            io.took_turns();
        }

        fn hold(found: &mut Option<C::Item>, _: &mut Reader) -> Option<C::Item> {
            found.take()
        }

        fn split(found: Option<C::Item>, _: &mut Reader) -> Option<C::Item> {
            found
        }

        fn lend(held: &mut Option<C::Item>) -> Option<C::Item> {
            held.take()
        }

        fn release(_: Option<C::Item>, _: &mut Reader) {}
    }

    impl<C> super::sealed::Sealed for Codec<C> {}
}

#[cfg(feature = "codec")]
pub use self::items::Codec;

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Slice {}
    impl Sealed for super::Text {}
    impl Sealed for super::Shared {}
    impl Sealed for super::HttpLine {}
    impl<K: Sealed> Sealed for super::WithSocket<K> {}
}
