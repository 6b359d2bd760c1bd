//! What options take.

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number(Number),
    /// A duration, or `infinity`.
    Time(Time),
    /// `true` or `false`.
    Flag,
    /// Text that isn't empty and has no control characters.
    Text,
    /// An IP address.
    Address,
    /// An IP address with a port.
    AddressWithPort,
    /// Blocks of addresses.
    Blocks,
    /// `backlog`, `refuse` or `refuse(b"…")`.
    Overload,
    /// A packet mode.
    Packet,
    /// A byte.
    Byte,
    /// `false`, `true`, `once` or a count.
    Active,
    /// What variables of the environment begin with.
    Env,
    /// A flag for the tables, which may stand alone.
    Case,
    /// The path of a crate.
    CratePath,
}

/// The range of a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The type of the field.
    pub of: &'static str,
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
    /// Why nothing smaller will do; empty where the type says it.
    pub because: &'static str,
    /// What is said of a smaller number.
    pub too_small: &'static str,
    /// What is said of a larger one.
    pub too_large: &'static str,
}

impl Number {
    /// Returns what is wrong with a number.
    pub const fn judge(self, n: u64) -> Option<&'static str> {
        if n < self.least {
            Some(self.too_small)
        } else if n > self.most {
            Some(self.too_large)
        } else {
            None
        }
    }

    /// Returns whether there are numbers of the option's type that are out of the range.
    pub const fn is_judged(self) -> bool {
        !self.because.is_empty()
    }
}

/// Which durations an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Why none at all won't do, and what is said of that; `None` where it is a value.
    pub zero: Option<(&'static str, &'static str)>,
    /// Whether none at all is called `brutal_kill`.
    pub brutal_kill: bool,
}
