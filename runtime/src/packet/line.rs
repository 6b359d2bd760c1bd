//! The line modes: `line` keeps the delimiter as `gen_tcp` does, the others remove the terminator.

use super::error::FrameError;
use super::find::Find;
use super::look;
use super::scan::Scan;

/// The terminator of the modes that remove it.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// CR LF only. A receiver that also accepts a bare LF splits lines in other places than a peer
    /// that doesn't, and an attacker can hide a second message in the difference.
    Crlf,
    /// LF; a preceding CR is part of the line.
    Lf,
    /// CR LF or LF; CR LF if both match.
    Either,
}

impl Scan {
    /// Finds a line with its delimiter. The limit counts the whole line.
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

    /// Returns the position after the next delimiter.
    #[inline]
    fn end(&self, buffer: &[u8], delimiter: u8) -> Option<usize> {
        let start = self.start(buffer);
        look::find(delimiter, &buffer[start..]).map(|at| start + at + 1)
    }

    /// Finds a line without its terminator.
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
        // Without a terminator the line is at least as long as the buffer, but a CR at the end may
        // be the first half of CR LF.
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

/// The state of a line that is delivered in pieces: the number of bytes delivered so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    delivered: usize,
}

impl Pieces {
    pub(super) const fn new() -> Self {
        Pieces { delivered: 0 }
    }

    /// Finds a line with its delimiter, or a piece of it.
    ///
    /// The limit counts the whole line, delivered pieces included, so a line that exceeds the limit
    /// is an error however it arrives.
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
            // A full piece is delivered at once, even though the delimiter may be the very next
            // byte.
            None if there >= line_length => self.piece(scan, line_length, there),
            None => scan.wait(buffer),
            Some(end) if end > line_length => self.piece(scan, line_length, end - 1),
            Some(end) => {
                self.delivered = 0;
                scan.line(end, end)
            }
        })
    }

    /// Cuts off `length` bytes of a buffer whose first `searched` bytes hold no delimiter.
    fn piece(&mut self, scan: &mut Scan, length: usize, searched: usize) -> Find {
        scan.stop_at(searched - length);
        self.delivered = self.delivered.saturating_add(length);
        Find::frame(0..length, length)
    }
}

/// Returns the position of the next line feed.
fn feed(buffer: &[u8], start: usize) -> Option<usize> {
    look::find(b'\n', &buffer[start..]).map(|at| start + at)
}

fn ends_in_cr(bytes: &[u8]) -> bool {
    bytes.last() == Some(&b'\r')
}
