//! Where the value of each option came from.

use std::fmt;

use kai_tcp_server_spec::option::{FIELDS, Id};

/// How many options there are.
const COUNT: usize = FIELDS.len();

/// Where a value came from; each prevails over those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    BuiltIn,
    Attribute,
    /// A setter that was called before the environment was asked for.
    Beneath,
    Environment,
    /// A setter.
    Program,
}

/// The origin of each option. It is no part of the options' value, so all are equal, and none is
/// shown.
#[derive(Clone, Copy)]
pub(crate) struct Origins([Origin; COUNT]);

impl Origins {
    pub(crate) const fn new() -> Self {
        Origins([Origin::BuiltIn; COUNT])
    }

    pub(crate) const fn of(&self, option: Id) -> Origin {
        self.0[option as usize]
    }

    pub(crate) const fn set(mut self, option: Id, origin: Origin) -> Self {
        self.0[option as usize] = origin;
        self
    }

    /// What setters have set so far came from `origin`.
    pub(crate) const fn settle(mut self, origin: Origin) -> Self {
        let mut i = 0;
        while i < COUNT {
            if matches!(self.0[i], Origin::Program) {
                self.0[i] = origin;
            }
            i += 1;
        }
        self
    }
}

impl PartialEq for Origins {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origins {}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins").finish_non_exhaustive()
    }
}
