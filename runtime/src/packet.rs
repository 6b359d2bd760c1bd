//! `gen_tcp`'s framing: bytes go into a buffer, frames come out of it.
//!
//! [`Packet`] says where frames end, a [`Decoder`] finds them, [`Packet::encode`] writes replies. Nothing here reads or
//! writes a socket, so all of it serves just as well for a client, a file or a test.
//!
//! The modes of `gen_tcp` do what the manual pages of OTP say of them (`inet(3)`, `setopts/2`, the option `packet`;
//! `erlang(3)`, `decode_packet/3`) and what Erlang/OTP 25 was seen to do. `line(crlf)`, `line(lf)` and
//! `line(crlf | lf)` have no counterpart there: they take the terminator off each line and put it on each reply.
//!
#![doc = kai_tcp_server_spec::packet_table!()]
//!
//! What doesn't begin as a frame of `cdr`, `fcgi` or `tpkt` must, and an `asn1` length of more than 4 bytes, is
//! [`Malformed`]. It is noticed once the header is there. An `asn1` value of indefinite length is an empty one, and its
//! contents are frames of their own, as for `gen_tcp`.

mod decoder;
mod encode;
mod error;
mod find;
// One file a family of modes. Each has a function that finds a frame in a buffer, which `Decoder::find` calls, and what
// replies get, which `Packet::encode` asks for.
mod asn1;
mod cdr;
mod fcgi;
pub(crate) mod http;
mod length;
mod line;
mod raw;
mod sunrm;
mod tpkt;
// What they share.
mod look;
mod scan;

use std::fmt;

use kai_tcp_server_spec::packet::Mode;

pub use decoder::Decoder;
pub(crate) use decoder::{Bounds, Position};
pub(crate) use encode::Framing;
pub use error::{FrameError, Malformed};
pub use find::{Cut, Find};
pub use http::{Canonical, Http, Scheme, Uri};

/// What ends a line of `line` where nothing else is said.
pub(crate) const DELIMITER: u8 = b'\n';

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
    /// `asn1`: a value in BER, ASN.1's basic encoding rules, with its tag and length.
    Asn1,
    /// `cdr`: a GIOP message of CORBA, with its header.
    Cdr,
    /// `sunrm`: a fragment of Sun's RPC, with its header. Fragments of one record aren't joined.
    Sunrm,
    /// `fcgi`: a record of FastCGI with its header, without its padding.
    Fcgi,
    /// `tpkt`: a packet of ISO transport over TCP (RFC 1006), with its header.
    Tpkt,
    /// `http`: a line of HTTP with its end. A request or status line comes first, then headers, each with the lines that
    /// continue it, through the empty line; then a start line again. What a line says is an [`Http`].
    Http,
    /// `httph`: headers alone, through the empty line; then headers again.
    Httph,
}

/// As the attribute spells it.
impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Packet::RawExact(size) => write!(f, "raw({size})"),
            packet => f.write_str(packet.mode().row().spelling),
        }
    }
}

macro_rules! modes {
    ($($mode:ident = $spelling:literal ($cell:literal) $columns:tt)*) => {
        impl Packet {
            /// What is known of the mode, whatever N is.
            const fn mode(self) -> Mode {
                match self {
                    $(Packet::$mode { .. } => Mode::$mode,)*
                }
            }
        }
    };
}

kai_tcp_server_spec::packet_modes!(modes);
