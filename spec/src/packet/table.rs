//! The table of packet modes, made from the rows, and an enum of the modes.

use super::{Frames, Limit, Reply, Row};

macro_rules! table {
    ($(
        $mode:ident = $spelling:literal ($cell:literal) {
            header: $header:literal,
            limit: $limit:ident,
            frames: $frames:ident $(($most:literal))? $({ $($field:ident: $value:literal),* })?,
            reply: $reply:ident,
            frame: $frame:literal,
            counts: $counts:literal,
            gets: $gets:literal,
        }
    )*) => {
        /// A packet mode.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mode {
            $(
                #[doc = concat!("`", $spelling, "`: ", $frame, ".")]
                $mode,
            )*
        }

        /// All packet modes, in the order of the documentation.
        pub const MODES: &[Mode] = &[$(Mode::$mode),*];

        const ROWS: &[Row] = &[$(Row {
            variant: stringify!($mode),
            spelling: $spelling,
            header: $header,
            limit: Limit::$limit,
            frames: Frames::$frames $(($most))? $({ $($field: $value),* })?,
            reply: Reply::$reply,
        }),*];
    };
}

crate::packet_modes!(table);

impl Mode {
    /// Returns the mode's row.
    #[inline]
    pub const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

/// Writes the packet modes as a Markdown table for a document: `#[doc = packet_table!()]`.
#[macro_export]
macro_rules! packet_table {
    () => {
        $crate::packet_modes!($crate::__packet_table)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __packet_table {
    ($(
        $mode:ident = $spelling:literal ($cell:literal) {
            header: $header:literal,
            limit: $limit:ident,
            frames: $frames:ident $(($most:literal))? $({ $($field:ident: $value:literal),* })?,
            reply: $reply:ident,
            frame: $frame:literal,
            counts: $counts:literal,
            gets: $gets:literal,
        }
    )*) => {
        concat!(
            "| mode | frame | `packet_size` counts | added to a reply |\n| --- | --- | --- | --- |\n",
            $("| `", $cell, "` | ", $frame, " | ", $counts, " | ", $gets, " |\n",)*
        )
    };
}
