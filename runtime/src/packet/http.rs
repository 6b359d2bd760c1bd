//! The packet modes `http` and `httph`: HTTP line by line, parsed as `gen_tcp` parses it.
//!
//! The parser is our own because Erlang's rules are its own. They are more lenient than those of
//! HTTP servers: an invalid line is delivered as [`Http::Error`], and parsing continues after it.
//! The library for HTTP, `httparse`, parses whole heads and rejects whole heads: 60 of the 115 in
//! the test vectors.

mod name;
mod parse;
mod text;
mod uri;

pub use name::Canonical;
pub use uri::{Scheme, Uri};

use super::error::FrameError;
use super::find::Find;
use super::look;
use super::scan::Scan;

/// A frame of [`Packet::Http`](super::Packet::Http) or [`Packet::Httph`](super::Packet::Httph) with
/// its parsed line.
///
/// It borrows from the frame. The caller interprets the lines together (the length of the body,
/// whether the connection is kept alive). Numbers wrap modulo 2^32, as in `gen_tcp`.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::packet::{Canonical, Http, Uri};
///
/// let request = Http::start_line(b"GET /index.html HTTP/1.1\r\n");
/// let Http::Request { method: "GET", uri, version: (1, 1), .. } = request else {
///     panic!("{request:?}");
/// };
/// assert_eq!(uri, Uri::AbsPath(b"/index.html"));
///
/// let mut canonical = Canonical::new();
/// let header = Http::header(b"content-length: 5\r\n", &mut canonical);
/// assert!(matches!(header, Http::Header { field: "Content-Length", value: b"5", .. }));
/// assert_eq!(Http::header(b"\r\n", &mut canonical), Http::EndOfHeaders);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http<'a> {
    /// A request line.
    Request {
        /// The method as it was sent; it is case-sensitive.
        method: &'a str,
        /// Whether Erlang knows the method: `OPTIONS`, `GET`, `HEAD`, `POST`, `PUT`, `DELETE`,
        /// `TRACE`.
        known: bool,
        /// The request target.
        uri: Uri<'a>,
        /// The major and minor version; (0, 9) if the line has none.
        version: (u32, u32),
    },
    /// A status line.
    Response {
        /// The major and minor version.
        version: (u32, u32),
        /// The status code; 0 if the line has none.
        code: u32,
        /// The text after the status code.
        phrase: &'a [u8],
    },
    /// A header.
    Header {
        /// The name with a capital letter at the beginning of each word, whatever was sent:
        /// `Content-Length`. A name of more than 50 bytes is unchanged.
        field: &'a str,
        /// The number that Erlang gives a known name; 0 for others.
        number: u8,
        /// The name as it was sent.
        raw: &'a str,
        /// The value. It includes the line ends of continuation lines and trailing blanks.
        value: &'a [u8],
    },
    /// The empty line after the headers.
    EndOfHeaders,
    /// An invalid line, as it was sent. The next line is parsed as if this one hadn't been there.
    Error(&'a [u8]),
    /// A frame of another packet mode, if the connection has switched its mode.
    Data(&'a [u8]),
}

impl<'a> Http<'a> {
    /// Parses a request or status line with its line end; returns [`Http::Error`] if it is neither.
    pub fn start_line(line: &'a [u8]) -> Self {
        parse::start_line(look::line(line)).unwrap_or(Http::Error(line))
    }

    /// Parses a header or the empty line, with its line end; returns [`Http::Error`] if it is
    /// neither.
    ///
    /// The name in canonical case is written into `canonical` and borrowed from there.
    pub fn header(line: &'a [u8], canonical: &'a mut Canonical) -> Self {
        parse::header(line, canonical).unwrap_or(Http::Error(line))
    }
}

/// The kind of an HTTP line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Start,
    Header,
    /// A frame of another packet mode.
    Other,
}

impl Line {
    pub(crate) fn read<'a>(self, line: &'a [u8], canonical: &'a mut Canonical) -> Http<'a> {
        match self {
            Line::Start => Http::start_line(line),
            Line::Header => Http::header(line, canonical),
            Line::Other => Http::Data(line),
        }
    }
}

/// The position of the stream within an HTTP message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// Whether headers are expected next, or a start line.
    headers: bool,
    /// The kind of the last line found.
    pub(super) found: Line,
}

impl Progress {
    pub(super) const fn new() -> Self {
        Progress {
            headers: false,
            found: Line::Other,
        }
    }

    /// Expects headers from now on, as `httph` always does.
    pub(super) fn in_headers(&mut self) -> &mut Self {
        self.headers = true;
        self
    }

    /// Returns whether headers are expected next.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn is_in_headers(self) -> bool {
        self.headers
    }

    /// Finds a line, or a header with its continuation lines.
    pub(super) fn find(&mut self, scan: &mut Scan, buffer: &[u8], limit: usize) -> Result<Find, FrameError> {
        let Some(end) = end(self.headers, scan, buffer, limit)? else {
            return Ok(Find::More(None));
        };
        scan.finish();
        let line = &buffer[..end];
        if self.headers {
            self.found = Line::Header;
            self.headers = !parse::is_empty(line);
        } else {
            self.found = Line::Start;
            self.headers = !matches!(Http::start_line(line), Http::Error(_));
        }
        Ok(Find::frame(0..end, end))
    }
}

/// Returns the end of a line. A header ends where the next line doesn't begin with a blank, so the
/// first byte of the next line must be there.
fn end(headers: bool, scan: &mut Scan, buffer: &[u8], limit: usize) -> Result<Option<usize>, FrameError> {
    let too_long = |length| FrameError::TooLong {
        length,
        packet_size: limit,
    };
    let mut start = scan.start(buffer);
    loop {
        let Some(feed) = look::find(b'\n', &buffer[start..]) else {
            scan.stop_at(buffer.len());
            // With its line end the line will exceed the limit.
            return if buffer.len() < limit {
                Ok(None)
            } else {
                Err(too_long(None))
            };
        };
        let end = start + feed + 1;
        if end > limit {
            return Err(too_long(Some(end)));
        }
        if !headers || parse::is_empty(&buffer[..end]) {
            return Ok(Some(end));
        }
        match buffer.get(end) {
            // A line of two bytes, line end included, has no room for a name and a colon, so it
            // isn't continued.
            Some(b' ' | b'\t') if end > 2 => start = end,
            Some(_) => return Ok(Some(end)),
            None => {
                scan.stop_at(end - 1);
                return Ok(None);
            }
        }
    }
}
