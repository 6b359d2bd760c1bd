//! Packet modes: the framing of `gen_tcp`, which splits a stream of bytes into frames.
//!
//! [`Packet`] names a mode, a [`Decoder`] finds frames in a buffer, and [`Packet::encode`] writes
//! replies. Nothing here reads or writes a socket, so the module serves a client, a file or a test
//! as well as a server.
//!
//! The modes of `gen_tcp` follow the manual pages of OTP (`inet(3)`, `setopts/2`, the option
//! `packet`; `erlang(3)`, `decode_packet/3`) and the observed behaviour of Erlang/OTP 25.
//! `line(crlf)`, `line(lf)` and `line(crlf | lf)` have no counterpart in OTP: they remove the
//! terminator from each line and add it to each reply.
//!
//! | mode | frame | `packet_size` counts | added to a reply |
//! | --- | --- | --- | --- |
//! | `raw` | all bytes in the buffer | nothing: it is ignored | nothing |
//! | `raw(N)` | N bytes | the block | nothing |
//! | `1`, `2`, `4` | the bytes after the header | the bytes after the header | the header |
//! | `line` | the line with its delimiter | the line with its delimiter | nothing |
//! | `line(crlf)`, `line(lf)`, `line(crlf \| lf)` | the line without its terminator | the line without its terminator | the terminator |
//! | `asn1` | a BER value with its tag and length | the contents | nothing |
//! | `cdr` | a GIOP message of CORBA, with its header | the bytes after the 12-byte header | nothing |
//! | `sunrm` | a fragment of Sun RPC, with its header | the bytes after the 4-byte header | nothing |
//! | `fcgi` | a FastCGI record: header and content | content and padding | nothing |
//! | `tpkt` | a TPKT packet (RFC 1006), with its header | the bytes after the 4-byte header | nothing |
//! | `http` | a line of HTTP: a start line, then each header with its continuation lines, or the empty line | the line with its end | nothing |
//! | `httph` | the same as `http`, without start lines | the line with its end | nothing |
//!
//! A header of `cdr`, `fcgi` or `tpkt` with wrong first bytes and an `asn1` length field of more
//! than 4 bytes are [`Malformed`]. The decoder reports this as soon as the header is complete. An
//! `asn1` value of indefinite length is delivered as an empty value, and its contents are separate
//! frames, as in `gen_tcp`.

mod decoder;
mod encode;
mod error;
mod find;
// One file for each family of modes. Each has a function that finds a frame in a buffer;
// `Decoder::find` calls it.
mod asn1;
mod cdr;
mod fcgi;
pub(crate) mod http;
mod length;
mod line;
mod raw;
mod sunrm;
mod tpkt;
// Helpers that the modes share.
mod look;
mod scan;

use std::fmt;

pub use decoder::Decoder;
pub(crate) use decoder::{Bounds, Position};
pub(crate) use encode::Framing;
pub use error::{FrameError, Malformed};
pub use find::{Cut, Find};
pub use http::{Canonical, Http, Scheme, Uri};

/// The default delimiter of the mode `line`.
pub(crate) const DELIMITER: u8 = b'\n';

/// A packet mode: it defines where one frame ends and the next begins.
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
    /// `raw`: all bytes in the buffer.
    Raw,
    /// `raw(N)`: blocks of N bytes. With N = 0 a frame is all bytes in the buffer, as for
    /// `gen_tcp`'s `recv/2`.
    RawExact(usize),
    /// `1`: a header of one byte holds the length of the frame.
    One,
    /// `2`: a big-endian header of two bytes holds the length of the frame.
    Two,
    /// `4`: a big-endian header of four bytes holds the length of the frame.
    Four,
    /// `line`: a line ends with a line feed, which stays in the frame; replies are sent unchanged.
    #[default]
    Line,
    /// `line(crlf)`: CR LF ends a line; it is removed from frames and added to replies. A bare LF
    /// is part of the line.
    LineCrlf,
    /// `line(lf)`: LF ends a line; it is removed from frames and added to replies. A CR is part of
    /// the line.
    LineLf,
    /// `line(crlf | lf)`: both CR LF and LF end a line; CR LF is added to replies.
    LineCrlfOrLf,
    /// `asn1`: a value in BER (the Basic Encoding Rules of ASN.1), with its tag and length.
    Asn1,
    /// `cdr`: a GIOP message of CORBA, with its header.
    Cdr,
    /// `sunrm`: a fragment of Sun RPC, with its header. Fragments of one record aren't joined.
    Sunrm,
    /// `fcgi`: a FastCGI record with its header, without its padding.
    Fcgi,
    /// `tpkt`: a packet of ISO transport over TCP (RFC 1006), with its header.
    Tpkt,
    /// `http`: a line of HTTP with its line end. First comes a request or status line, then
    /// headers, each with its continuation lines, up to and including the empty line; then a start
    /// line again. [`Http`] is the parsed line.
    Http,
    /// `httph`: headers without start lines, up to and including the empty line; then headers
    /// again.
    Httph,
}

/// Writes the mode in the spelling of the attribute.
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
            Packet::Asn1 => "asn1",
            Packet::Cdr => "cdr",
            Packet::Sunrm => "sunrm",
            Packet::Fcgi => "fcgi",
            Packet::Tpkt => "tpkt",
            Packet::Http => "http",
            Packet::Httph => "httph",
        })
    }
}
