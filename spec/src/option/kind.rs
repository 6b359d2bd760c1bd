//! The kinds of values that options take.

/// The kind of value that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number(Number),
    /// A duration, or `infinity`.
    Time(Time),
    /// `true` or `false`.
    Flag,
    /// Text that isn't empty and has no control characters.
    Text(Text),
    /// A list of such texts.
    Texts(Text),
    /// An IP address.
    Address,
    /// An IP address with a port.
    AddressWithPort,
    /// Blocks of addresses.
    Blocks,
    /// Listeners, each with its address and words.
    Listeners,
    /// `backlog`, `refuse` or `refuse(b"…")`.
    Overload,
    /// `off`, `optional` or `required`.
    ProxyProtocol,
    /// A packet mode.
    Packet,
    /// A byte.
    Byte,
    /// `false`, `true`, `once` or a count.
    Active,
    /// The prefix of environment variables.
    Env,
    /// A flag for the tables, which may stand without a value.
    Case,
    /// The path of a crate.
    CratePath,
    /// The enum of the protocol's states.
    States,
    /// Any expression.
    Expression,
    /// The name of a type that is declared, behind its visibility.
    Declared,
    /// The version of a format that is the program's own.
    Version(Number),
}

/// The range of a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The type of the field.
    pub of: &'static str,
    /// The smallest number.
    pub least: u64,
    /// The largest number.
    pub most: u64,
    /// The reason against smaller numbers; empty if the type excludes them.
    pub because: &'static str,
    /// The message for a smaller number.
    pub too_small: &'static str,
    /// The message for a larger number.
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

    /// Returns whether numbers of the option's type can be out of the range.
    pub const fn is_judged(self) -> bool {
        !self.because.is_empty()
    }
}

/// The messages for texts that an option doesn't take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The message for an empty text.
    pub empty: &'static str,
    /// The message for a text with control characters.
    pub control: &'static str,
}

/// The durations that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// The reason against a duration of 0, and the message for it; `None` if 0 is allowed.
    pub zero: Option<(&'static str, &'static str)>,
    /// Whether 0 can be written as `brutal_kill`.
    pub brutal_kill: bool,
}
