//! The packet modes: one row each, from which the tables, messages and documentation are generated.

mod rows;
mod table;

pub use table::{MODES, Mode};

/// One packet mode.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its variant of the runtime's `Packet`.
    pub variant: &'static str,
    /// Its spelling in the attribute; `N` is a number.
    pub spelling: &'static str,
    /// The length of a frame's header in bytes: the minimum if it varies, 0 if there is none.
    pub header: usize,
    /// The part of a frame that `packet_size` counts.
    pub limit: Limit,
    /// The form of every frame.
    pub frames: Frames,
    /// The bytes that are added to a reply.
    pub reply: Reply,
}

/// The part of a frame that `packet_size` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nothing: frames have no bound.
    Nothing,
    /// The frame as the server sees it.
    Frame,
    /// The bytes behind the header; the header stays in the frame.
    BehindHeader,
    /// A part of the frame whose length depends on the frame.
    Part,
}

/// The form of every frame, as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// It can be any bytes.
    Any,
    /// It has exactly as many bytes as the mode says.
    Block,
    /// It has at most this many bytes.
    AtMost(usize),
    /// It ends in the delimiter, and has no other delimiter.
    Delimited,
    /// It has no CR LF.
    WithoutCrlf,
    /// It has no LF.
    WithoutLf,
    /// It begins with the header.
    Headed {
        /// The bytes that every header begins with.
        begins: &'static [u8],
        /// The name of these bytes, for messages.
        called: &'static str,
    },
    /// It is a line with its end, which is LF or CR LF, or more than one.
    Lines,
}

/// The bytes that are added to a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    AsItIs,
    /// Its length before it, in one byte.
    Length1,
    /// Its length before it, in two bytes, big-endian.
    Length2,
    /// Its length before it, in four bytes, big-endian.
    Length4,
    /// CR LF behind it.
    Crlf,
    /// LF behind it.
    Lf,
}

impl Row {
    /// Returns how many bytes of a frame `packet_size` doesn't count. Returns `None` if it bounds
    /// no frame, or if the number depends on the frame.
    pub const fn uncounted(&self) -> Option<usize> {
        match self.limit {
            Limit::Nothing | Limit::Part => None,
            Limit::Frame => Some(0),
            Limit::BehindHeader => Some(self.header),
        }
    }

    /// Returns whether the spelling is one word.
    pub fn is_word(&self) -> bool {
        self.spelling.starts_with(|first: char| first.is_ascii_lowercase()) && !self.spelling.contains('(')
    }
}

/// Returns the packet mode of this spelling.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::packet::{self, Mode};
///
/// assert_eq!(packet::find("fcgi"), Some(Mode::Fcgi));
/// assert_eq!(Mode::Fcgi.row().header, 8);
/// ```
pub fn find(spelling: &str) -> Option<Mode> {
    MODES.iter().copied().find(|mode| mode.row().spelling == spelling)
}

/// A mistake in the size of a block, `raw(N)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockMistake {
    /// It is 0.
    Empty,
    /// It exceeds `packet_size`.
    TooLong,
}

/// Returns what is wrong with the size of a block under this `packet_size`.
pub const fn judge_block(size: usize, packet_size: usize) -> Option<BlockMistake> {
    if size == 0 {
        Some(BlockMistake::Empty)
    } else if size > packet_size {
        Some(BlockMistake::TooLong)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
