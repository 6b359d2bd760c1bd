//! The packet modes: one row each, from which all else that is said of them is generated.

mod rows;
mod table;

pub use table::{MODES, Mode};

/// What is known of a packet mode.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What the runtime's `Packet` calls it.
    pub variant: &'static str,
    /// How the attribute spells it; `N` is a number.
    pub spelling: &'static str,
    /// How many bytes the header of a frame has; at least, where that varies; 0 where there is
    /// none.
    pub header: usize,
    /// What `packet_size` counts.
    pub limit: Limit,
    /// What every frame looks like.
    pub frames: Frames,
    /// What a reply gets.
    pub reply: Reply,
}

/// What `packet_size` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nothing: frames have no bound.
    Nothing,
    /// The frame as the server sees it.
    Frame,
    /// What stands behind the header, which stays in the frame.
    BehindHeader,
    /// A part of the frame whose length depends on what the frame says.
    Part,
}

/// What every frame looks like to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// Like anything.
    Any,
    /// It has as many bytes as the mode says.
    Block,
    /// It has at most so many bytes.
    AtMost(usize),
    /// It ends in the delimiter, and has no other.
    Delimited,
    /// It has no CR LF.
    WithoutCrlf,
    /// It has no LF.
    WithoutLf,
    /// It begins with the header.
    Headed {
        /// What every header begins with.
        begins: &'static [u8],
        /// How that is called.
        called: &'static str,
    },
    /// It is a line with its end, which is LF or CR LF, or more than one.
    Lines,
}

/// What a reply gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing: it goes out as it is.
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
    /// Returns how many bytes of a frame `packet_size` doesn't count; `None` where it bounds no
    /// frame, or where that depends on the frame.
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

/// What is wrong with the size of a block, `raw(N)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockMistake {
    /// It is 0.
    Empty,
    /// It exceeds `packet_size`.
    TooLong,
}

/// Returns what is wrong with the size of a block, beside `packet_size`.
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
