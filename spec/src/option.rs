//! The options: one row each, from which all else that is said of them is generated.

mod kind;
mod rows;
mod table;
mod text;

pub use kind::{Kind, Number, Time};
pub use table::{FIELDS, Id, ROWS};
pub use text::{NameMistake, PrefixMistake, judge_name, judge_prefix};

use std::time::Duration;

/// The default of `packet_size`.
pub const PACKET_SIZE: usize = 64 * 1024;

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Who can change it, and when.
    pub changes: Changes,
    /// Its value where nothing is said, as the documentation shows it.
    pub default: &'static str,
    /// A value to show where one is missing.
    pub example: &'static str,
    /// What it means, as the documentation shows it.
    pub is: &'static str,
    /// What it is called by those who know other servers.
    pub also: &'static [&'static str],
}

/// Who can change an option, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Nobody: the attribute alone knows it, and no field of `Options` has it.
    InTheAttribute,
    /// Nobody: it belongs to the protocol, so that the attribute alone says it.
    Never,
    /// The environment, a file or the program, when a server starts.
    AtStart,
    /// The same, and while the server runs.
    WhileRunning,
}

impl Row {
    /// Returns what is wrong with a number as the option's value, for an option that takes one.
    pub const fn judge_number(&self, n: u64) -> Option<&'static str> {
        match self.kind {
            Kind::Number(number) => number.judge(n),
            _ => None,
        }
    }

    /// Returns what is wrong with a time as the option's value, for an option that takes one.
    pub const fn judge_time(&self, time: Duration) -> Option<&'static str> {
        match self.kind {
            Kind::Time(Time {
                zero: Some((_, problem)),
                ..
            }) if time.is_zero() => Some(problem),
            _ => None,
        }
    }

    /// Returns whether whoever starts a server can change it: by the environment, a file or a
    /// setter.
    pub const fn is_changeable(&self) -> bool {
        matches!(self.changes, Changes::AtStart | Changes::WhileRunning)
    }

    /// Returns whether a server takes it over while it runs.
    pub const fn reloads(&self) -> bool {
        matches!(self.changes, Changes::WhileRunning)
    }
}

/// Words that are no option any more, and why.
const GONE: [(&str, &str); 1] = [(
    "accept_timeout",
    "there is no `accept_timeout` any more: an acceptor waits for its next connection, and nothing could tell that the \
     timeout was there; remove it",
)];

/// Returns the option of this name.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::option;
///
/// assert_eq!(option::find("packet_size").map(|option| option.default), Some("64 KiB"));
/// assert_eq!(option::called_elsewhere("max_connections").map(|option| option.name), Some("max_processes"));
/// ```
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|option| option.name == name)
}

/// Returns the option that those call so who know other servers.
pub fn called_elsewhere(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|option| option.also.contains(&name))
}

/// Returns why there is no option of this name any more.
pub fn gone(name: &str) -> Option<&'static str> {
    GONE.iter().find(|(gone, _)| *gone == name).map(|&(_, why)| why)
}

/// Lists the names of all options.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|option| option.name)
}

#[cfg(test)]
mod tests;
