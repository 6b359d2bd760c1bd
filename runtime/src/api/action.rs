//! Actions: the values that callbacks return to reply, to close or to do nothing.

use std::fmt;

use bytes::Bytes;

use crate::api::state::{self, ProtocolState};
use crate::error::Result;
#[cfg(feature = "codec")]
use crate::io::codec::{self, Erased, Item};
use crate::reply::{Data, Reply};
pub(crate) use crate::table::state::CLOSE;

/// The action that a callback returns: reply, wait for the next frame, or close.
///
/// In a block under the attribute, the words `reply(data)`, `noreply`, `close` and `close(data)`
/// make an action; elsewhere these functions do.
///
/// # Examples
///
/// A handler is an ordinary function, so a unit test can call it and compare the action:
///
/// ```
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Echo;
///
/// #[tcp_server(port = 10000)]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             b"bye\r\n" => close(b"cya\r\n"),
///             data => reply(data),
///         }
///     }
/// }
///
/// assert_eq!(Echo.handle_call(b"hello\r\n"), Action::reply("hello\r\n"));
/// assert_eq!(Echo.handle_call(b"bye\r\n"), Action::close_with("cya\r\n"));
/// ```
///
/// Two actions are equal if they send equal bytes, both close or both don't, and lead to the same
/// state. An action that
/// sends a codec's item equals no other, because its bytes are made later, when it is performed;
/// [`into_bytes`](Self::into_bytes) makes them.
#[derive(PartialEq)]
#[must_use = "an action does nothing until the callback returns it"]
pub struct Action<'a> {
    pub(crate) send: Payload<'a>,
    /// [`CLOSE`] if the connection is to close, and the number of the state that it goes to. Both
    /// are in one number, so that an action costs no more where there are no states.
    pub(crate) then: u32,
}

/// The data that an action sends.
pub(crate) enum Payload<'a> {
    Nothing,
    Bytes(Data<'a>),
    /// An item that the connection's codec encodes.
    #[cfg(feature = "codec")]
    Item(Box<dyn Erased + 'a>),
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Action");
        shown
            .field("send", &self.send)
            .field("close", &(self.then & CLOSE != 0));
        if let Some(place) = state::named(self.then) {
            shown.field("next", &place);
        }
        shown.finish()
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::Nothing => f.write_str("nothing"),
            Payload::Bytes(data) => data.fmt(f),
            #[cfg(feature = "codec")]
            Payload::Item(item) => item.fmt(f),
        }
    }
}

impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Payload::Nothing, Payload::Nothing) => true,
            (Payload::Bytes(data), Payload::Bytes(other)) => data == other,
            _ => false,
        }
    }
}

impl<'a> Action<'a> {
    /// Sends `data` with the framing of the packet mode (kai's `{reply, Data, State}`).
    pub fn reply(data: impl Reply<'a>) -> Self {
        Action {
            send: Payload::Bytes(Data::new(data)),
            then: 0,
        }
    }

    /// Sends nothing (kai's `{noreply, State}`).
    pub fn noreply() -> Self {
        Action {
            send: Payload::Nothing,
            then: 0,
        }
    }

    /// Closes the connection after earlier replies were sent (kai's `{close, State}`).
    pub fn close() -> Self {
        Action {
            send: Payload::Nothing,
            then: CLOSE,
        }
    }

    /// Sends `data`, then closes the connection (kai's `{close, Data, State}`).
    pub fn close_with(data: impl Reply<'a>) -> Self {
        Action {
            send: Payload::Bytes(Data::new(data)),
            then: CLOSE,
        }
    }

    /// Sends an item, encoded by the connection's codec of type `C`.
    ///
    /// The item is encoded when the action is performed, and kept until then in one allocation. An
    /// error of the encoder is an error of the call, and no part of the item is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::Action;
    /// use tokio_util::codec::LinesCodec;
    ///
    /// let action = Action::reply_item::<LinesCodec>("hello");
    /// assert_eq!(action.into_bytes()?, "hello\n");
    /// # Ok::<(), kai_tcp_server::Error>(())
    /// ```
    #[cfg(feature = "codec")]
    pub fn reply_item<C: Default + Send + 'static>(item: impl Item<C> + 'a) -> Self {
        Action {
            send: Payload::Item(codec::erase::<C>(item)),
            then: 0,
        }
    }

    /// Sends an item as [`reply_item`](Self::reply_item) does, then closes the connection.
    #[cfg(feature = "codec")]
    pub fn close_with_item<C: Default + Send + 'static>(item: impl Item<C> + 'a) -> Self {
        Action {
            then: CLOSE,
            ..Action::reply_item::<C>(item)
        }
    }

    /// Moves the connection to a state of its protocol, when the call is done and before the next
    /// frame is looked for. Without it the connection stays in its state.
    ///
    /// The data of the action is framed under the packet mode of the state before. The state must
    /// be one of the enum that the server's option `state` names; with another one the call fails,
    /// and nothing is sent. On a server without states it has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, ProtocolState, tcp_server};
    ///
    /// #[derive(Clone, Copy, ProtocolState)]
    /// enum Phase {
    ///     #[initial]
    ///     Hello,
    ///     Ready,
    /// }
    ///
    /// struct Door;
    ///
    /// #[tcp_server(port = 10000, packet = line(crlf), state = Phase)]
    /// impl Door {
    ///     fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
    ///         match (state, data) {
    ///             (Phase::Hello, "hello {name}") => reply(("welcome ", name)).next(Phase::Ready),
    ///             (Phase::Ready, b"bye") => close,
    ///             _ => reply("not now"),
    ///         }
    ///     }
    /// }
    ///
    /// assert_eq!(
    ///     Door.handle_call(Phase::Hello, b"hello anna"),
    ///     Action::reply("welcome anna").next(Phase::Ready)
    /// );
    /// ```
    pub fn next(self, state: impl ProtocolState) -> Self {
        Action {
            then: state::number(state) | (self.then & CLOSE),
            ..self
        }
    }

    /// Returns the bytes that the action would send, for tests: without the framing of the packet
    /// mode; an item is encoded by a new codec of its type.
    ///
    /// # Errors
    ///
    /// Returns the error of the codec's encoder.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::Action;
    ///
    /// assert_eq!(Action::reply(("a", 1.to_string())).into_bytes()?, "a1");
    /// assert_eq!(Action::close().into_bytes()?, "");
    /// # Ok::<(), kai_tcp_server::Error>(())
    /// ```
    pub fn into_bytes(self) -> Result<Bytes> {
        match self.send {
            Payload::Nothing => Ok(Bytes::new()),
            Payload::Bytes(data) => Ok(data.into_bytes()),
            #[cfg(feature = "codec")]
            Payload::Item(item) => {
                let mut bytes = bytes::BytesMut::new();
                item.encode(&mut codec::Slot::default(), &mut bytes)?;
                Ok(bytes.freeze())
            }
        }
    }
}
