//! Finds frames in a buffer.

use bytes::{Buf as _, Bytes, BytesMut};
use kai_tcp_server_spec::packet::Mode;

use super::error::FrameError;
use super::find::{Cut, Find};
use super::http::{self, Canonical, Http};
use super::line::{End, Pieces};
use super::scan::Scan;
use super::{Packet, asn1, cdr, fcgi, length, raw, sunrm, tpkt};

/// Finds the frames in a buffer, under a packet mode that can change between any two of them.
///
/// It keeps no byte itself: all that has arrived and isn't taken stays in the caller's buffer. What is left there when
/// the input ends is a frame that never became whole, for the caller to discard. Lines are searched once, however
/// slowly they arrive.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use kai_tcp_server::Packet;
/// use kai_tcp_server::packet::{Decoder, FrameError};
///
/// let mut decoder = Decoder::new(Packet::LineCrlf).packet_size(512);
/// let mut buffer = BytesMut::from("set k 5\r\nhello\r\nge");
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap(), "set k 5");
///
/// // What follows is no line: seven bytes as they are.
/// decoder.set_packet(Packet::RawExact(7));
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap(), "hello\r\n");
///
/// decoder.set_packet(Packet::LineCrlf);
/// assert_eq!(decoder.decode(&mut buffer)?, None);
/// buffer.extend_from_slice(b"t k\r\n");
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap(), "get k");
/// # Ok::<(), FrameError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Decoder {
    bounds: Bounds,
    position: Position,
    /// Servers cut no lines, so that connections have none.
    pieces: Pieces,
}

/// What bounds a frame, whatever the packet mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// `packet_size`, where no limit is the largest number.
    limit: usize,
    /// `line_length`, likewise.
    line_length: usize,
    delimiter: u8,
}

impl Bounds {
    pub(crate) const fn new(packet_size: usize, delimiter: u8) -> Self {
        Bounds {
            limit: unlimited_if_0(packet_size),
            line_length: usize::MAX,
            delimiter,
        }
    }
}

/// Where a stream is: its packet mode, and how far what came was searched.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    packet: Packet,
    scan: Scan,
    http: http::Progress,
}

impl Decoder {
    /// A decoder with no limits, whose lines end in LF.
    pub const fn new(packet: Packet) -> Self {
        Decoder {
            bounds: Bounds::new(0, super::DELIMITER),
            position: Position::new(packet),
            pieces: Pieces::new(),
        }
    }

    /// The longest frame in bytes; 0, the default, is no limit, as in `gen_tcp` (`inet(3)`, option `packet_size`).
    ///
    /// It counts the frame without its header or terminator; for [`Packet::Line`], [`Packet::Http`] and [`Packet::Httph`]
    /// the whole line, its end included, and a header with all the lines that continue it. A line exceeds it as soon as
    /// more is there than a line within it could be. [`Packet::Raw`] ignores it. Without a limit a frame that has
    /// 2147483648 bytes or more with its length header is an error all the same, as in `gen_tcp`.
    pub const fn packet_size(mut self, packet_size: usize) -> Self {
        self.bounds.limit = unlimited_if_0(packet_size);
        self
    }

    /// Cuts longer lines of [`Packet::Line`] into pieces of so many bytes; 0, the default, never does. Without a
    /// `packet_size` it is the limit of [`Packet::Http`] and [`Packet::Httph`].
    ///
    /// As `line_length` of `decode_packet/3` (`erlang(3)`), nothing tells that a frame is a piece. A server has no such
    /// option, as the rest of a line would be taken for a command.
    ///
    /// A line that exceeds `packet_size` too is an error, however it arrives; but pieces of it may have been delivered
    /// before that was known. `decode_packet/3` forgets the pieces, so there it is an error only if it arrives at once.
    pub const fn line_length(mut self, line_length: usize) -> Self {
        self.bounds.line_length = unlimited_if_0(line_length);
        self
    }

    /// The byte that ends a line of [`Packet::Line`], LF by default (`line_delimiter` in OTP). No other mode uses it.
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.bounds.delimiter = delimiter;
        self
    }

    /// The packet mode.
    pub const fn packet(&self) -> Packet {
        self.position.packet
    }

    /// Changes the packet mode from here on: what is buffered is decoded anew under it, nothing is lost.
    ///
    /// [`Packet::Http`] goes on where it was, as with `gen_tcp`: behind a start line it is in the headers until their end
    /// was found, under `http` or `httph`.
    pub fn set_packet(&mut self, packet: Packet) {
        self.position.set_packet(packet);
        self.pieces = Pieces::new();
    }

    /// Forgets how far the buffer was searched.
    ///
    /// Whoever takes bytes out of the buffer other than as frames calls this, as the next frame then begins elsewhere.
    pub fn reset(&mut self) {
        self.position.reset();
        self.pieces = Pieces::new();
    }

    /// Finds the next frame and leaves it where it is, to be borrowed from the buffer.
    ///
    /// After [`Find::More`] the buffer must begin with the same bytes, with any number appended; after [`Find::Frame`]
    /// it must begin [`Cut::end`] bytes later. Else [`reset`](Self::reset) comes first: the search goes on where it
    /// stopped.
    ///
    /// # Errors
    ///
    /// [`FrameError`] if the next frame is too long or not a frame. It stays in the buffer and what follows it can't be
    /// told apart, so the connection is to be closed; asking again gives the error again.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::Packet;
    /// use kai_tcp_server::packet::{Cut, Decoder, Find, FrameError};
    ///
    /// let mut decoder = Decoder::new(Packet::Two);
    /// assert_eq!(decoder.find(b"\x00\x05hel")?, Find::More(Some(7)));
    /// assert_eq!(decoder.find(b"\x00\x05hello\x00")?, Find::Frame(Cut { frame: 2..7, end: 7 }));
    /// # Ok::<(), FrameError>(())
    /// ```
    pub fn find(&mut self, buffer: &[u8]) -> Result<Find, FrameError> {
        self.position.find(&self.bounds, &mut self.pieces, buffer)
    }

    /// What the frame that was found last says, under [`Packet::Http`] and [`Packet::Httph`]; under any other mode it is
    /// [`Http::Data`].
    ///
    /// `frame` is its bytes. The canonical name of a header is written into `canonical`, and borrowed from there.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use kai_tcp_server::Packet;
    /// use kai_tcp_server::packet::{Canonical, Decoder, FrameError, Http};
    ///
    /// let mut decoder = Decoder::new(Packet::Http).packet_size(8192);
    /// let mut buffer = BytesMut::from("HTTP/1.1 204 No Content\r\nDATE: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
    /// let mut canonical = Canonical::new();
    ///
    /// let frame = decoder.decode(&mut buffer)?.unwrap();
    /// assert!(matches!(decoder.http(&frame, &mut canonical), Http::Response { code: 204, .. }));
    /// let frame = decoder.decode(&mut buffer)?.unwrap();
    /// assert!(matches!(decoder.http(&frame, &mut canonical), Http::Header { field: "Date", .. }));
    /// let frame = decoder.decode(&mut buffer)?.unwrap();
    /// assert_eq!(decoder.http(&frame, &mut canonical), Http::EndOfHeaders);
    /// # Ok::<(), FrameError>(())
    /// ```
    pub fn http<'a>(&self, frame: &'a [u8], canonical: &'a mut Canonical) -> Http<'a> {
        self.position.line().read(frame, canonical)
    }

    /// Takes the next frame off the buffer, without a copy; none if it isn't whole.
    ///
    /// The frame shares the buffer's memory and keeps all of it while it is held. Between two calls only appending to
    /// the buffer is allowed, or [`reset`](Self::reset) comes first.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find); the buffer is left as it is.
    #[inline]
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        let Find::Frame(Cut { frame, end }) = self.find(buffer)? else {
            return Ok(None);
        };
        if frame.start > 0 {
            buffer.advance(frame.start);
        }
        let bytes = buffer.split_to(frame.len()).freeze();
        if frame.end < end {
            buffer.advance(end - frame.end);
        }
        Ok(Some(bytes))
    }
}

impl Position {
    pub(crate) const fn new(packet: Packet) -> Self {
        Position {
            packet,
            scan: Scan::new(),
            http: http::Progress::new(),
        }
    }

    pub(crate) const fn packet(&self) -> Packet {
        self.packet
    }

    /// See [`Decoder::set_packet`].
    pub(crate) fn set_packet(&mut self, packet: Packet) {
        self.packet = packet;
        self.reset();
    }

    /// See [`Decoder::reset`].
    pub(crate) fn reset(&mut self) {
        self.scan = Scan::new();
    }

    /// See [`Decoder::find`]; `None` where it isn't whole. Lines are found without a call.
    #[inline]
    pub(crate) fn cut(&mut self, bounds: &Bounds, buffer: &[u8]) -> Result<Option<Cut>, FrameError> {
        let found = if let Packet::Line = self.packet {
            self.scan.keeping(buffer, bounds.delimiter, bounds.limit)
        } else {
            self.find_by_call(bounds, buffer)
        };
        Ok(match found? {
            Find::Frame(cut) => Some(cut),
            Find::More(_) => None,
        })
    }

    fn find_by_call(&mut self, bounds: &Bounds, buffer: &[u8]) -> Result<Find, FrameError> {
        self.find(bounds, &mut Pieces::new(), buffer)
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a call within a call is dear where input comes byte by byte"
    )]
    fn find(&mut self, bounds: &Bounds, pieces: &mut Pieces, buffer: &[u8]) -> Result<Find, FrameError> {
        let Bounds {
            limit,
            line_length,
            delimiter,
        } = *bounds;
        // As for `decode_packet/3`: `line_length` limits a line of HTTP where `packet_size` doesn't.
        let line_limit = if limit == usize::MAX { line_length } else { limit };
        match self.packet {
            Packet::Raw => Ok(raw::everything(buffer)),
            Packet::RawExact(length) => raw::block(buffer, length, limit),
            Packet::One => length::find::<{ Mode::One.row().header }>(buffer, limit),
            Packet::Two => length::find::<{ Mode::Two.row().header }>(buffer, limit),
            Packet::Four => length::find::<{ Mode::Four.row().header }>(buffer, limit),
            Packet::Line if line_length < usize::MAX => {
                pieces.keeping(&mut self.scan, buffer, delimiter, line_length, limit)
            }
            Packet::Line => self.scan.keeping(buffer, delimiter, limit),
            Packet::LineCrlf => self.scan.stripping(buffer, End::Crlf, limit),
            Packet::LineLf => self.scan.stripping(buffer, End::Lf, limit),
            Packet::LineCrlfOrLf => self.scan.stripping(buffer, End::Either, limit),
            Packet::Asn1 => asn1::find(&mut self.scan, buffer, limit),
            Packet::Cdr => cdr::find(buffer, limit),
            Packet::Sunrm => sunrm::find(buffer, limit),
            Packet::Fcgi => fcgi::find(buffer, limit),
            Packet::Tpkt => tpkt::find(buffer, limit),
            Packet::Http => self.http.find(&mut self.scan, buffer, line_limit),
            Packet::Httph => self.http.in_headers().find(&mut self.scan, buffer, line_limit),
        }
    }

    /// What the frame that was found last is to be read as.
    pub(crate) fn line(&self) -> http::Line {
        match self.packet {
            Packet::Http | Packet::Httph => self.http.found,
            _ => http::Line::Other,
        }
    }
}

const fn unlimited_if_0(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}
