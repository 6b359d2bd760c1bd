//! The line modes: `line` keeps its delimiter as `gen_tcp` does, the others take the terminator off.

use super::error::FrameError;
use super::find::Find;
use super::look;
use super::scan::Scan;

/// What ends a line where the terminator isn't part of the frame.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// CR LF alone. Whoever takes a bare LF for an end as well reads other lines than a peer that doesn't, and between
    /// two such readings a second message can be smuggled in.
    Crlf,
    /// LF; a CR before it is part of the line.
    Lf,
    /// CR LF or LF, the longest that is there.
    Either,
}

impl Scan {
    /// A line with its delimiter. The limit counts the whole line.
    #[inline]
    pub(super) fn keeping(&mut self, buffer: &[u8], delimiter: u8, limit: usize) -> Result<Find, FrameError> {
        let end = self.end(buffer, delimiter);
        let length = end.unwrap_or(buffer.len());
        if length > limit {
            return Err(FrameError::TooLong {
                length: end,
                packet_size: limit,
            });
        }
        Ok(match end {
            Some(end) => self.line(end, end),
            None => self.wait(buffer),
        })
    }

    /// Behind the next delimiter.
    #[inline]
    fn end(&self, buffer: &[u8], delimiter: u8) -> Option<usize> {
        let start = self.start(buffer);
        look::find(delimiter, &buffer[start..]).map(|at| start + at + 1)
    }

    /// A line without its terminator.
    pub(super) fn stripping(&mut self, buffer: &[u8], end: End, limit: usize) -> Result<Find, FrameError> {
        let start = self.start(buffer);
        let mut found = feed(buffer, start);
        if let End::Crlf = end {
            while let Some(at) = found
                && !ends_in_cr(&buffer[..at])
            {
                found = feed(buffer, at + 1);
            }
        }
        // Without an end the line is at least as long as what is there; a CR may yet turn out to be half of a
        // terminator.
        let there = found.unwrap_or(buffer.len());
        let cr = !matches!(end, End::Lf) && ends_in_cr(&buffer[..there]);
        let length = there - usize::from(cr);
        if length > limit {
            return Err(FrameError::TooLong {
                length: found.map(|_| length),
                packet_size: limit,
            });
        }
        Ok(match found {
            Some(at) => self.line(length, at + 1),
            None => self.wait(buffer),
        })
    }

    #[inline]
    fn line(&mut self, length: usize, end: usize) -> Find {
        self.finish();
        Find::frame(0..length, end)
    }

    fn wait(&mut self, buffer: &[u8]) -> Find {
        self.stop_at(buffer.len());
        Find::More(None)
    }
}

/// A line that is delivered in pieces of `line_length`: so many bytes of it were.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    delivered: usize,
}

impl Pieces {
    pub(super) const fn new() -> Self {
        Pieces { delivered: 0 }
    }

    /// A line with its delimiter, or a piece of it.
    ///
    /// The limit counts the whole line, and what was delivered of it before: so a line that exceeds the limit is an
    /// error however it arrived.
    #[inline(never)] // so that `Decoder::find` isn't larger for it
    pub(super) fn keeping(
        &mut self,
        scan: &mut Scan,
        buffer: &[u8],
        delimiter: u8,
        line_length: usize,
        limit: usize,
    ) -> Result<Find, FrameError> {
        let end = scan.end(buffer, delimiter);
        let there = end.unwrap_or(buffer.len());
        let length = self.delivered.saturating_add(there);
        if length > limit {
            return Err(FrameError::TooLong {
                length: end.map(|_| length),
                packet_size: limit,
            });
        }
        Ok(match end {
            // A full piece goes out at once, though the end may be the very next byte.
            None if there >= line_length => self.piece(scan, line_length, there),
            None => scan.wait(buffer),
            Some(end) if end > line_length => self.piece(scan, line_length, end - 1),
            Some(end) => {
                self.delivered = 0;
                scan.line(end, end)
            }
        })
    }

    /// Cuts off `length` bytes of a buffer that holds no end in its first `searched` bytes.
    fn piece(&mut self, scan: &mut Scan, length: usize, searched: usize) -> Find {
        scan.stop_at(searched - length);
        self.delivered = self.delivered.saturating_add(length);
        Find::frame(0..length, length)
    }
}

/// The next line feed.
fn feed(buffer: &[u8], start: usize) -> Option<usize> {
    look::find(b'\n', &buffer[start..]).map(|at| start + at)
}

fn ends_in_cr(bytes: &[u8]) -> bool {
    bytes.last() == Some(&b'\r')
}
