//! A server's protocol as data: what its constant `PROTOCOL` is made of.
//!
//! The attribute reads the table of a server while compiling. It checks it, makes code of it, and
//! writes down what it knows as a constant of the server's type. Programs make of it what they
//! need: an answer to `help`, a document, a client, frames for a test.
//!
//! All of it is constant data. A program that never names `PROTOCOL` doesn't contain it.
//!
//! # Examples
//!
//! ```
//! use kai_tcp_server::protocol::{Frame, Piece};
//! use kai_tcp_server::{Action, tcp_server};
//!
//! struct Store;
//!
//! #[tcp_server(port = 10000, packet = line(crlf))]
//! impl Store {
//!     fn handle_call(&self, data: &[u8]) -> Action {
//!         match data {
//!             "get {key}" => reply(key),
//!             "quit" => close,
//!             _ => reply("what?"),
//!         }
//!     }
//! }
//!
//! let [get, quit, rest] = Store::PROTOCOL.arms else { panic!() };
//! let Frame::Template([Piece::Literal(b"get "), Piece::Capture(key)]) = get.frame else { panic!() };
//! assert_eq!((key.name, key.ty), (Some("key"), "&str"));
//! assert_eq!(quit.frame, Frame::Literal(b"quit"));
//! assert_eq!(rest.frame, Frame::Rest);
//! ```
//!
//! # What isn't known
//!
//! The attribute sees the tokens of the block, and not what the names in it mean. What it can't
//! know is marked, and never guessed:
//!
//! - [`Value::Unknown`] and [`Length::Unknown`]: a constant's value,
//! - [`Frame::Rust`]: a pattern that only the compiler understands,
//! - [`Closes::Unknown`]: an action that another function decides on.
//!
//! The spelling of a name in a pattern tells whether it is a variable or a constant, as it does for
//! rustc's lints: `KEY` is taken for a constant, `key` for a variable.

mod arm;
mod display;
mod field;
mod frame;
mod length;
#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::slice;

pub use self::arm::{Arm, Closes, Next};
pub use self::field::{Class, Endian, Field, Form, Number, Value};
pub use self::frame::{Capture, CaptureKind, Flag, Frame, Piece};
pub use self::length::{Length, Operator};
use crate::packet::Packet;

/// The protocol of a server: how frames are found, and the arms that decide on them.
///
/// The constant `PROTOCOL` of a server's type is one. It derefs to its arms, and is a `for` loop's
/// list of them. The arms are those of every `match` on the frame in `handle_call`, except a
/// `match` inside another one's arm, in their order; an arm that a `cfg` removes isn't there.
///
/// `Display` prints a table, an arm a line. With the feature `serde` it can be serialized.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Clock;
///
/// #[tcp_server(port = 10000, packet = line(crlf))]
/// impl Clock {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             /// Tells the time.
///             "time" => reply("noon"),
///             /// Adds two numbers.
///             "add {a: u32} {b: u32}" => {
///                 let sum = u64::from(a) + u64::from(b);
///                 reply(format_args!("{sum}"))
///             }
///             /// Ends the conversation.
///             b"quit" | b"exit" => close("bye"),
///             _ => reply("what?"),
///         }
///     }
/// }
///
/// assert_eq!(Clock::PROTOCOL[1].name, "add");
/// assert_eq!(Clock::PROTOCOL.iter().filter(|arm| !arm.docs.is_empty()).count(), 3);
/// assert_eq!(
///     Clock::PROTOCOL.to_string(),
///     r#"packet = line(crlf)
/// name   frame                  closes  meaning
/// time   time                   no      Tells the time.
/// add    add {a: u32} {b: u32}  no      Adds two numbers.
/// quit   b"quit" | b"exit"      yes     Ends the conversation.
/// arm_4  _                      no
/// "#
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Protocol {
    /// The packet mode, which says where a frame ends; under a codec [`Packet::Raw`].
    pub packet: Packet,
    /// The byte that ends a frame under [`Packet::Line`]; other modes don't use it.
    pub delimiter: u8,
    /// The codec as it is written, if the packet mode is one. Then the frames are its items.
    pub codec: Option<&'static str>,
    /// True if the literal text of templates matches ASCII letters of either case.
    pub ignore_case: bool,
    /// The states of a connection, the initial one first; empty if the protocol has none.
    pub states: &'static [&'static str],
    /// The states that are `#[state(last)]`: nothing has to lead on from them.
    pub last: &'static [&'static str],
    /// The arms, in the order in which they are tried.
    pub arms: &'static [Arm],
}

impl Deref for Protocol {
    type Target = [Arm];

    fn deref(&self) -> &[Arm] {
        self.arms
    }
}

impl<'p> IntoIterator for &'p Protocol {
    type Item = &'p Arm;
    type IntoIter = slice::Iter<'p, Arm>;

    fn into_iter(self) -> Self::IntoIter {
        self.arms.iter()
    }
}
