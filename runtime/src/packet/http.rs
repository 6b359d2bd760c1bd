//! `http` and `httph`: HTTP line by line, as `gen_tcp` reads it.
//!
//! Parsed by hand, as Erlang's reading is its own. It is milder than any HTTP server's: a line that is none comes as such, and
//! what follows goes on. `httparse`, the library for it, reads whole heads and refuses them whole: 60 of the 115 in the test
//! vectors.

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

/// A frame of [`Packet::Http`](super::Packet::Http) and [`Packet::Httph`](super::Packet::Httph), with what its line says.
///
/// It borrows from the frame. What the lines mean together (how long the body is, whether the connection stays) is for
/// whoever reads them. Numbers count modulo 2^32, as they do for `gen_tcp`.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::packet::{Canonical, Http, Uri};
///
/// let request = Http::start_line(b"GET /index.html HTTP/1.1\r\n");
/// let Http::Request { method: "GET", uri: Uri::AbsPath(path), version: (1, 1), .. } = request else {
///     panic!("{request:?}");
/// };
/// assert_eq!(path, b"/index.html");
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
        /// As it was sent: methods are told apart by case.
        method: &'a str,
        /// Whether Erlang knows the method: `OPTIONS`, `GET`, `HEAD`, `POST`, `PUT`, `DELETE`, `TRACE`.
        known: bool,
        /// What is asked for.
        uri: Uri<'a>,
        /// Major and minor; (0, 9) where the line has none.
        version: (u32, u32),
    },
    /// A status line.
    Response {
        /// Major and minor.
        version: (u32, u32),
        /// The status; 0 where the line has none.
        code: u32,
        /// What stands behind the status.
        phrase: &'a [u8],
    },
    /// A header.
    Header {
        /// The name with capitals where words begin, whatever was sent: `Content-Length`. A name of more than 50 bytes
        /// is left as it is.
        field: &'a str,
        /// The number that Erlang gives a name that it knows; 0 for any other.
        number: u8,
        /// The name as it was sent.
        raw: &'a str,
        /// The value, with line ends in it if it goes on in further lines, and with the blanks that follow it.
        value: &'a [u8],
    },
    /// The empty line behind the headers.
    EndOfHeaders,
    /// A line that is none of these, as it was sent. The next one is read as if it hadn't been there.
    Error(&'a [u8]),
    /// A frame of another packet mode, under which a connection is for a while.
    Data(&'a [u8]),
}

impl<'a> Http<'a> {
    /// Reads a request line or a status line, with its line end; anything else is [`Http::Error`].
    pub fn start_line(line: &'a [u8]) -> Self {
        parse::start_line(look::line(line)).unwrap_or(Http::Error(line))
    }

    /// Reads a header or the empty line, with its line end; anything else is [`Http::Error`].
    ///
    /// The name in canonical case is written into `canonical`, and borrowed from there.
    pub fn header(line: &'a [u8], canonical: &'a mut Canonical) -> Self {
        parse::header(line, canonical).unwrap_or(Http::Error(line))
    }
}

/// What a line is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Start,
    Header,
    /// None of HTTP: a frame of another packet mode.
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

/// Where in a message the stream is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// Whether headers come, or a start line.
    headers: bool,
    /// What the frame found last is to be read as.
    pub(super) found: Line,
}

impl Progress {
    pub(super) const fn new() -> Self {
        Progress {
            headers: false,
            found: Line::Other,
        }
    }

    /// From here on headers come, as they always do under `httph`.
    pub(super) fn in_headers(&mut self) -> &mut Self {
        self.headers = true;
        self
    }

    /// A line, or a header with the lines that continue it.
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

/// Where a line ends. A header ends where the next line begins with no blank, so a byte of that has to be there.
fn end(headers: bool, scan: &mut Scan, buffer: &[u8], limit: usize) -> Result<Option<usize>, FrameError> {
    let too_long = |length| FrameError::TooLong {
        length,
        packet_size: limit,
    };
    let mut start = scan.start(buffer);
    loop {
        let Some(feed) = look::find(b'\n', &buffer[start..]) else {
            scan.stop_at(buffer.len());
            // With its line end it will be longer.
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
            // Two bytes aren't continued: with their line end they are too few for a name and a colon.
            Some(b' ' | b'\t') if end > 2 => start = end,
            Some(_) => return Ok(Some(end)),
            None => {
                scan.stop_at(end - 1);
                return Ok(None);
            }
        }
    }
}
