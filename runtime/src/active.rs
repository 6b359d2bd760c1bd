//! How frames are taken: passive, active, or so many (gen_tcp's `active`).

use std::fmt;

/// How frames are taken from a connection (gen_tcp's `active`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Active {
    /// Passive: the next frame is looked at when the call before it is done. With a `handle_info`, frames wait until the
    /// connection is made active or `recv` asks for one.
    #[default]
    False,
    /// The connection takes what comes first, the next frame or the next message.
    True,
    /// One frame, then passive.
    Once,
    /// So many frames, then passive.
    Count(u32),
}

/// As the attribute spells it.
impl fmt::Display for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Active::False => f.write_str("false"),
            Active::True => f.write_str("true"),
            Active::Once => f.write_str("once"),
            Active::Count(frames) => frames.fmt(f),
        }
    }
}

/// How many more frames are taken (gen_tcp's `active`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    All,
    Frames(u32),
}

impl Intake {
    pub(crate) fn new(active: Active, takes_messages: bool) -> Self {
        match active {
            Active::True => Intake::All,
            // Without messages nothing but frames can come: passive is one frame after the other.
            Active::False if !takes_messages => Intake::All,
            Active::False => Intake::Frames(0),
            Active::Once => Intake::Frames(1),
            Active::Count(n) => Intake::Frames(n),
        }
    }
}
