//! The kinds of frame that `handle_call` can take, and how each is found, held and passed to the
//! call.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::api::frame::{HeldFrame, HeldHttpLine};
use crate::api::socket::Socket;
use crate::error::Error;
use crate::io::{Io, Reader};
use crate::packet::Cut;
use crate::packet::http::{Http, Line};

/// The input of `handle_call`: [`Slice`], [`Text`], [`Shared`], [`HttpLine`] or, with the feature
/// `codec`, the item of a codec; each alone or [`WithSocket`].
///
/// The attribute chooses the input by the parameters of `handle_call`. The trait is sealed, because
/// each kind depends on how the call loop handles the connection's buffers.
pub trait Input: sealed::Sealed + Send + Sync + 'static {
    /// The type of one frame.
    type Frame<'a>: Send;

    /// The kind of the frame.
    #[doc(hidden)]
    type Kind: Kind;

    /// Says whether the call takes the socket.
    #[doc(hidden)]
    const SOCKET: bool;

    /// Returns the frame as the call takes it, or `None` if it isn't UTF-8.
    #[doc(hidden)]
    fn frame<'a>(held: &'a mut <Self::Kind as Kind>::Held<'_>, socket: &'a mut Socket) -> Option<Self::Frame<'a>>;
}

/// A kind of frame: how it is found in the read buffer, held during a call, and passed to it.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {
    /// The type of one frame.
    type Frame<'a>: Send;

    /// A frame that was found and isn't held yet.
    #[doc(hidden)]
    type Found: Send;

    /// A frame that is held during a call.
    #[doc(hidden)]
    type Held<'i>: Send;

    /// Whether a call borrows the frame in the read buffer, and so can't keep it.
    #[doc(hidden)]
    const LENT: bool = false;

    /// True if frames are items of a codec, so that code of the user's finds them.
    #[doc(hidden)]
    const ITEMS: bool = false;

    /// Returns the next frame, or `None` if it is incomplete.
    #[doc(hidden)]
    fn find(io: &mut Io) -> Result<Option<Self::Found>, Error>;

    /// Returns whether so many frames were decoded from no bytes that the stream and the messages
    /// must have a turn before the next frame.
    #[doc(hidden)]
    fn gives_way(_: &Io) -> bool {
        false
    }

    /// Records that the stream and the messages had their turn.
    #[doc(hidden)]
    fn took_turns(_: &mut Io) {}

    /// Returns the bytes of a frame that was found, for what watches calls; `None` for the item of
    /// a codec, which has none.
    #[doc(hidden)]
    #[inline]
    fn bytes<'i>(_: &Self::Found, _: &'i Reader) -> Option<&'i [u8]> {
        None
    }

    /// Holds a frame for a call, in the read buffer if possible.
    #[doc(hidden)]
    fn hold<'i>(found: &mut Self::Found, reader: &'i mut Reader) -> Self::Held<'i>;

    /// Splits a frame off the read buffer, for a call that borrows the connection itself.
    #[doc(hidden)]
    fn split(found: Self::Found, reader: &mut Reader) -> Self::Held<'static>;

    /// Returns the frame as a call takes it, or `None` if it isn't UTF-8. It is called once per
    /// frame.
    #[doc(hidden)]
    fn lend<'a>(held: &'a mut Self::Held<'_>) -> Option<Self::Frame<'a>>;

    /// Releases a frame after its call.
    #[doc(hidden)]
    fn release(found: Self::Found, reader: &mut Reader);
}

/// `&[u8]`: the frame, borrowed from the read buffer. It costs no copy and no allocation.
#[derive(Debug)]
pub enum Slice {}

/// `&str`: the frame, borrowed from the read buffer. It costs the validation; for a frame that
/// isn't UTF-8 the `failed` callback runs.
#[derive(Debug)]
pub enum Text {}

/// [`Bytes`]: the frame without a copy, to be kept. It costs a reference count, and no allocation
/// if it is dropped before the call ends. A frame that is kept keeps its part of the read buffer
/// allocated, usually 16 KiB, and the next read needs a new buffer: two allocations per read,
/// however many frames arrive with it. To keep a frame for long, copy it.
#[derive(Debug)]
pub enum Shared {}

/// [`Http`]: a parsed line of HTTP, under `http` and `httph`. It borrows from the line in the read
/// buffer. It costs the parsing: each byte is read about once more.
#[derive(Debug)]
pub enum HttpLine {}

/// The frame and the connection's [`Socket`], for handlers that read or write in the middle of a
/// call. The frame is split off the read buffer without a copy and without an allocation.
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
    fn bytes<'i>(cut: &Cut, reader: &'i Reader) -> Option<&'i [u8]> {
        Some(reader.frame(cut))
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
    fn bytes<'i>(cut: &Cut, reader: &'i Reader) -> Option<&'i [u8]> {
        Some(reader.frame(cut))
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

    #[inline]
    fn bytes<'i>(cut: &Cut, reader: &'i Reader) -> Option<&'i [u8]> {
        Some(reader.frame(cut))
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

    #[inline]
    fn bytes<'i>((cut, _): &Self::Found, reader: &'i Reader) -> Option<&'i [u8]> {
        Some(reader.frame(cut))
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

    /// A codec's item (feature `codec`), decoded from the bytes by the connection's codec. It costs
    /// what the codec costs.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, BoxError, Frame, Options, Packet, Peer, Socket, TcpServer};
    /// use kai_tcp_server::input;
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
    ///         // The packet mode applies to data that is received and sent outside items.
    ///         Options::new().port(10000).packet(Packet::Raw)
    ///     }
    ///
    ///     async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
    ///         Ok(())
    ///     }
    ///
    ///     async fn handle_call<'a>(
    ///         &'a self,
    ///         line: Frame<'a, Self>,
    ///         _: &'a mut (),
    ///     ) -> Result<Action<'a>, BoxError> {
    ///         Ok(Action::reply_item::<LinesCodec>(line.to_uppercase()))
    ///     }
    /// }
    /// ```
    #[derive(Debug)]
    pub struct Codec<C>(PhantomData<fn() -> C>);

    impl<C: codec::Codec> Kind for Codec<C> {
        type Frame<'a> = C::Item;
        /// `None` after a call has taken the item.
        type Found = Option<C::Item>;
        type Held<'i> = Option<C::Item>;

        const ITEMS: bool = true;

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
