//! The first difference between a recording and a server.

use std::error;
use std::fmt;

/// The most bytes of a frame that are shown before and behind the place where it differs.
const SHOWN: usize = 64;

/// The first difference between a recording and a server.
///
/// It displays as the lines of the connection before it, what was recorded, and what came instead.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference(Box<Parts>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parts {
    file: Option<String>,
    line: usize,
    connection: Option<u64>,
    what: String,
    expected: Option<Vec<u8>>,
    received: Vec<u8>,
    /// The lines of the connection before this one, and this one.
    around: Vec<(usize, String)>,
}

impl Difference {
    /// Returns a difference of no line: nothing could be played.
    pub(super) fn before(what: impl fmt::Display) -> Self {
        Difference::of(what)
    }

    pub(super) fn of(what: impl fmt::Display) -> Self {
        Difference(Box::new(Parts {
            what: what.to_string(),
            ..Parts::default()
        }))
    }

    /// Says what was recorded, and what came instead.
    pub(super) fn between(mut self, expected: Option<&[u8]>, received: &[u8]) -> Self {
        self.0.expected = expected.map(<[u8]>::to_vec);
        self.0.received = received.to_vec();
        self
    }

    pub(super) fn at(mut self, file: Option<&str>, line: usize, connection: u64, around: Vec<(usize, String)>) -> Self {
        self.0.file = file.map(str::to_owned);
        self.0.line = line;
        self.0.connection = Some(connection).filter(|connection| *connection > 0);
        self.0.around = around;
        self
    }

    /// Returns the file that the line is in, if the recording was read from files.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// Returns the line of the recording, counted from 1; 0 if nothing could be played.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// Returns the number of the connection; `None` in a transcript.
    pub fn connection(&self) -> Option<u64> {
        self.0.connection
    }

    /// Returns the bytes that were recorded; `None` where the line has captures, or is no frame.
    pub fn expected(&self) -> Option<&[u8]> {
        self.0.expected.as_deref()
    }

    /// Returns the bytes that came instead: as many as are known, or none.
    pub fn received(&self) -> &[u8] {
        &self.0.received
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            file,
            line,
            connection,
            what,
            expected,
            received,
            around,
        } = &*self.0;
        if *line > 0 {
            match file {
                Some(file) => write!(f, "{file}:{line}: ")?,
                None => write!(f, "line {line}: ")?,
            }
        }
        if let Some(connection) = connection {
            write!(f, "connection #{connection}: ")?;
        }
        f.write_str(what)?;
        for (number, text) in around {
            let mark = if number == line { '>' } else { ' ' };
            let (shown, rest) = text.split_at(text.floor_char_boundary(3 * SHOWN));
            write!(f, "\n{mark} {number:>5} | {}", shown.escape_debug())?;
            if !rest.is_empty() {
                f.write_str("…")?;
            }
        }
        let Some(expected) = expected else {
            if !received.is_empty() {
                write!(f, "\n  received `{}`", Window::of(received, 0))?;
            }
            return Ok(());
        };
        let same = expected.iter().zip(received).take_while(|(a, b)| a == b).count();
        let (recorded, came) = (Window::of(expected, same), Window::of(received, same));
        write!(f, "\n  recorded `{recorded}`\n  received `{came}`")?;
        write!(f, "\n{:1$}^ byte {same}", "", 12 + came.before())
    }
}

impl fmt::Debug for Difference {
    /// As it displays, so that `unwrap` in a test shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Difference {}

/// The bytes around a place, escaped.
struct Window<'b> {
    cut: bool,
    before: &'b [u8],
    behind: &'b [u8],
    left: usize,
}

impl<'b> Window<'b> {
    fn of(bytes: &'b [u8], at: usize) -> Self {
        let at = at.min(bytes.len());
        let (before, behind) = bytes.split_at(at);
        let begin = before.len().saturating_sub(SHOWN);
        let end = behind.len().min(SHOWN);
        Window {
            cut: begin > 0,
            before: &before[begin..],
            behind: &behind[..end],
            left: behind.len() - end,
        }
    }

    /// Returns the number of characters before the place.
    fn before(&self) -> usize {
        self.before.escape_ascii().count() + usize::from(self.cut)
    }
}

impl fmt::Display for Window<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cut {
            f.write_str("…")?;
        }
        write!(f, "{}{}", self.before.escape_ascii(), self.behind.escape_ascii())?;
        if self.left > 0 {
            write!(f, "… ({} more)", self.left)?;
        }
        Ok(())
    }
}
