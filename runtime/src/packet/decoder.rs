//! The decoder: finds the frames of the current packet mode in a buffer.

use bytes::{Buf as _, Bytes, BytesMut};
use kai_tcp_server_spec::packet::Mode;

use super::error::FrameError;
use super::find::{Cut, Find};
use super::http::{self, Canonical, Http};
use super::line::{End, Pieces};
use super::scan::Scan;
use super::{Packet, asn1, cdr, fcgi, length, raw, sunrm, tpkt};

/// A decoder that finds frames in a buffer and can change its packet mode between two frames.
///
/// The decoder holds no bytes itself: bytes that were received and aren't consumed stay in the
/// caller's buffer. Bytes that are left when the input ends are an incomplete frame; the caller
/// discards them. Each byte of a line is searched only once, however slowly it arrives.
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
/// // Seven raw bytes follow, not a line.
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
    /// Cut lines (`line_length`). Servers don't use it, so connections don't store it.
    pieces: Pieces,
}

/// The limits of a frame in every packet mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// `packet_size`; `usize::MAX` means no limit.
    limit: usize,
    /// `line_length`; `usize::MAX` means no limit.
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

/// The state of decoding one stream: its packet mode, and how far the buffer was searched.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    packet: Packet,
    scan: Scan,
    http: http::Progress,
}

impl Decoder {
    /// Returns a decoder without limits, whose lines end in LF.
    pub const fn new(packet: Packet) -> Self {
        Decoder {
            bounds: Bounds::new(0, super::DELIMITER),
            position: Position::new(packet),
            pieces: Pieces::new(),
        }
    }

    /// Sets the longest frame in bytes; 0, the default, means no limit, as in `gen_tcp` (`inet(3)`,
    /// option `packet_size`).
    ///
    /// The limit counts the frame without its header or terminator. For [`Packet::Line`],
    /// [`Packet::Http`] and [`Packet::Httph`] it counts the whole line with its line end, and a
    /// header with all its continuation lines. A line exceeds the limit as soon as the buffer holds
    /// more bytes than a line within the limit can have. [`Packet::Raw`] ignores the limit. Without
    /// a limit, a frame of 2147483648 bytes or more, length header included, is still an error, as
    /// in `gen_tcp`.
    pub const fn packet_size(mut self, packet_size: usize) -> Self {
        self.bounds.limit = unlimited_if_0(packet_size);
        self
    }

    /// Cuts longer lines of [`Packet::Line`] into pieces of `line_length` bytes; 0, the default,
    /// disables this. If no `packet_size` is set, `line_length` is the limit of [`Packet::Http`]
    /// and [`Packet::Httph`].
    ///
    /// As with `line_length` of `decode_packet/3` (`erlang(3)`), a piece looks like a whole line. A
    /// server doesn't have this option, because it would take the rest of a line for a command.
    ///
    /// A line that exceeds `packet_size` too is an error, however it arrives; but pieces of it may
    /// have been delivered before. `decode_packet/3` forgets the pieces, so there the line is an
    /// error only if it arrives at once.
    pub const fn line_length(mut self, line_length: usize) -> Self {
        self.bounds.line_length = unlimited_if_0(line_length);
        self
    }

    /// Sets the byte that ends a line of [`Packet::Line`]; LF by default (`line_delimiter` in OTP).
    /// Other modes ignore it.
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.bounds.delimiter = delimiter;
        self
    }

    /// Returns the packet mode.
    pub const fn packet(&self) -> Packet {
        self.position.packet
    }

    /// Changes the packet mode from the next frame on. Buffered bytes are decoded in the new mode;
    /// no byte is lost.
    ///
    /// [`Packet::Http`] keeps its place in the message, as in `gen_tcp`: after a start line the
    /// decoder expects headers until it has found their end, under `http` or `httph`.
    pub fn set_packet(&mut self, packet: Packet) {
        self.position.set_packet(packet);
        self.pieces = Pieces::new();
    }

    /// Forgets how far the buffer was searched.
    ///
    /// Call this after you take bytes out of the buffer in another way than as frames, because the
    /// next frame then begins elsewhere.
    pub fn reset(&mut self) {
        self.position.reset();
        self.pieces = Pieces::new();
    }

    /// Finds the next frame and leaves it in the buffer, so that the caller can borrow it.
    ///
    /// After [`Find::More`] the buffer must begin with the same bytes, with any number of bytes
    /// appended; after [`Find::Frame`] it must begin [`Cut::end`] bytes later. Otherwise call
    /// [`reset`](Self::reset) first, because the search continues where it stopped.
    ///
    /// # Errors
    ///
    /// Returns [`FrameError`] if the next frame is too long or malformed. The frame stays in the
    /// buffer and the end of it can't be found, so close the connection; the next call returns the
    /// same error.
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

    /// Returns the parsed line of the last frame found, under [`Packet::Http`] and
    /// [`Packet::Httph`]; under other modes [`Http::Data`].
    ///
    /// `frame` holds the bytes of that frame. The canonical name of a header is written into
    /// `canonical` and borrowed from there.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use kai_tcp_server::Packet;
    /// use kai_tcp_server::packet::{Canonical, Decoder, FrameError, Http};
    ///
    /// let mut decoder = Decoder::new(Packet::Http).packet_size(8192);
    /// let mut buffer = BytesMut::from(
    ///     "HTTP/1.1 204 No Content\r\nDATE: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n",
    /// );
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

    /// Takes the next frame out of the buffer without a copy. Returns `None` if the frame is
    /// incomplete.
    ///
    /// The frame shares the buffer's memory and keeps all of it allocated while it is held. Between
    /// two calls the caller may only append to the buffer, or must call [`reset`](Self::reset)
    /// first.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`find`](Self::find); the buffer is unchanged.
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

    /// Changes the packet mode, as [`Decoder::set_packet`] does.
    pub(crate) fn set_packet(&mut self, packet: Packet) {
        self.packet = packet;
        self.reset();
    }

    /// Returns whether the stream is within the headers of an HTTP message, which no buffer says.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn is_in_headers(&self) -> bool {
        self.http.is_in_headers()
    }

    /// Goes on within the headers of an HTTP message.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn go_on_in_headers(&mut self) {
        self.http.in_headers();
    }

    /// Forgets how far the buffer was searched, as [`Decoder::reset`] does.
    pub(crate) fn reset(&mut self) {
        self.scan = Scan::new();
    }

    /// Finds a frame, as [`Decoder::find`] does; returns `None` if the frame is incomplete. Lines
    /// are found inline, without a call.
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
        // As in `decode_packet/3`, `line_length` limits a line of HTTP if `packet_size` doesn't.
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

    /// Returns the kind of HTTP line that the last frame found is.
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
