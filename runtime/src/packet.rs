//! `gen_tcp`'s framing: bytes go into a buffer, frames come out of it.
//!
//! [`Packet`] says where frames end, a [`Decoder`] finds them, [`Packet::encode`] writes replies. Nothing here reads or
//! writes a socket, so all of it serves just as well for a client, a file or a test.
//!
//! The modes of `gen_tcp` do what the manual pages of OTP say of them (`inet(3)`, `setopts/2`, the option `packet`;
//! `erlang(3)`, `decode_packet/3`) and what Erlang/OTP 25 was seen to do. `line(crlf)`, `line(lf)` and
//! `line(crlf | lf)` have no counterpart there: they take the terminator off each line and put it on each reply.
//!
//! | mode | a frame is | `packet_size` counts | a reply gets |
//! | --- | --- | --- | --- |
//! | `raw` | all there is | nothing: it is ignored | nothing |
//! | `raw(N)` | N bytes | the block | nothing |
//! | `1`, `2`, `4` | what stands behind the header | what stands behind the header | the header |
//! | `line` | the line with its delimiter | the line with its delimiter | nothing |
//! | `line(crlf)`, `line(lf)`, `line(crlf \| lf)` | the line without its terminator | the line without its terminator | the terminator |

mod decoder;
mod encode;
mod error;
mod find;
// One file a family of modes. Each has a function that finds a frame in a buffer, which `Decoder::find` calls, and what
// replies get, which `Packet::encode` asks for.
mod length;
mod line;
mod raw;

use std::fmt;

pub use decoder::Decoder;
pub use error::FrameError;
pub use find::{Cut, Find};

/// A packet mode: where one frame ends and the next begins.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::Packet;
///
/// assert_eq!(Packet::default(), Packet::Line);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Packet {
    /// `raw`: whatever is there.
    Raw,
    /// `raw(N)`: blocks of N bytes. A block of 0 bytes is whatever is there, as it is for `gen_tcp`'s `recv/2`.
    RawExact(usize),
    /// `1`: a header of one byte says how long the frame is.
    One,
    /// `2`: a big-endian header of two bytes.
    Two,
    /// `4`: a big-endian header of four bytes.
    Four,
    /// `line`: through the line feed, which the frame keeps; replies go out as they are.
    #[default]
    Line,
    /// `line(crlf)`: CR LF ends a line; taken off frames, put on replies. A bare LF is part of the line.
    LineCrlf,
    /// `line(lf)`: LF ends a line; taken off frames, put on replies. A CR is part of the line.
    LineLf,
    /// `line(crlf | lf)`: both end a line; CR LF is put on replies.
    LineCrlfOrLf,
}

/// As the attribute spells it.
impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packet::Raw => "raw",
            Packet::RawExact(size) => return write!(f, "raw({size})"),
            Packet::One => "1",
            Packet::Two => "2",
            Packet::Four => "4",
            Packet::Line => "line",
            Packet::LineCrlf => "line(crlf)",
            Packet::LineLf => "line(lf)",
            Packet::LineCrlfOrLf => "line(crlf | lf)",
        })
    }
}
