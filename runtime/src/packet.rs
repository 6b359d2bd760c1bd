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
#![doc = kai_tcp_server_spec::packet_table!()]
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

use kai_tcp_server_spec::packet::{Mode, Row};

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

            /// Returns the mode of this spelling in the attribute, unless it is `raw(N)`.
            #[cfg(any(feature = "test", all(target_os = "linux", feature = "upgrade")))]
            fn spelled(spelling: &str) -> Option<Self> {
                match spelling {
                    $($spelling => plain!($mode),)*
                    _ => None,
                }
            }
        }
    };
}

impl Packet {
    /// Returns the mode of this spelling in the attribute.
    #[cfg(any(feature = "test", all(target_os = "linux", feature = "upgrade")))]
    pub(crate) fn parse(spelling: &str) -> Option<Self> {
        match spelling.strip_prefix("raw(").and_then(|rest| rest.strip_suffix(')')) {
            Some(size) => size.parse().ok().map(Packet::RawExact),
            None => Packet::spelled(spelling),
        }
    }

    /// Returns what is known of the mode.
    pub(crate) const fn row(self) -> &'static Row {
        self.mode().row()
    }
}

#[cfg(any(feature = "test", all(target_os = "linux", feature = "upgrade")))]
macro_rules! plain {
    (RawExact) => {
        None
    };
    ($mode:ident) => {
        Some(Packet::$mode)
    };
}

kai_tcp_server_spec::packet_modes!(modes);
