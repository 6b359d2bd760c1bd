//! The options: one row each, from which the tables, checks, messages and documentation are
//! generated.

mod kind;
mod rows;
mod table;
mod text;

pub use kind::{Kind, Number, Text, Time};
pub use table::{FIELDS, Id, ROWS};
pub use text::{PrefixMistake, TextMistake, judge_prefix, judge_text};

use std::time::Duration;

/// The default of `packet_size`.
pub const PACKET_SIZE: usize = 64 * 1024;

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The values that it takes.
    pub kind: Kind,
    /// The means by which it can be changed, and when.
    pub changes: Changes,
    /// The default, as the documentation shows it.
    pub default: &'static str,
    /// A value that an error message shows if one is missing.
    pub example: &'static str,
    /// Its meaning, as the documentation shows it.
    pub is: &'static str,
    /// Its names in other servers, for suggestions.
    pub also: &'static [&'static str],
}

/// The means by which an option can be changed, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Only by the attribute: no field of `Options` holds it.
    InTheAttribute,
    /// Only by the attribute, because it belongs to the protocol.
    Never,
    /// By the environment, a file or the program, when a server starts.
    AtStart,
    /// The same, and by a reload while the server runs.
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

    /// Returns what is wrong with a text as the option's value, or as one of a list, for an option
    /// that takes one.
    pub const fn judge_text(&self, text: &str) -> Option<&'static str> {
        let (Kind::Text(messages) | Kind::Texts(messages)) = self.kind else {
            return None;
        };
        match judge_text(text) {
            Some(TextMistake::Empty) => Some(messages.empty),
            Some(TextMistake::ControlCharacter) => Some(messages.control),
            None => None,
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

    /// Returns the group in which the attribute writes the option: `tls` for `tls_cert`, which is
    /// `tls(cert = …)` there.
    pub fn group(&self) -> Option<&'static str> {
        GROUPS.into_iter().find(|group| in_group(group, self.name).is_some())
    }

    /// Returns its name as the attribute writes it: `cert` for `tls_cert`, as that stands in a
    /// group.
    pub fn word(&self) -> &'static str {
        let grouped = self.group().and_then(|group| in_group(group, self.name));
        grouped.unwrap_or(self.name)
    }

    /// Returns the feature of `kai-tcp-server` without which the option can't be set.
    pub fn feature(&self) -> Option<&'static str> {
        match self.name {
            "upgrade" => Some("upgrade"),
            "proxy_protocol" | "proxy_timeout" | "trusted_proxies" => Some("proxy"),
            "latency" => Some("metrics"),
            _ => self.group(),
        }
    }

    /// Returns whether it can be changed when a server starts: by the environment, a file or a
    /// setter.
    pub const fn is_changeable(&self) -> bool {
        matches!(self.changes, Changes::AtStart | Changes::WhileRunning)
    }

    /// Returns whether a reload changes it while a server runs.
    pub const fn reloads(&self) -> bool {
        matches!(self.changes, Changes::WhileRunning)
    }
}

/// The groups of options. The attribute writes an option of a group in parentheses: `tls_cert` is
/// `tls(cert = …)` there.
pub const GROUPS: [&str; 2] = ["tls", "record"];

/// Returns an option's name without its group, if it belongs to the group.
fn in_group(group: &str, name: &'static str) -> Option<&'static str> {
    name.strip_prefix(group)?.strip_prefix('_')
}

/// The names of removed options, each with an explanation.
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

/// Returns the option that has this name in other servers.
pub fn called_elsewhere(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|option| option.also.contains(&name))
}

/// Returns the explanation for a removed option of this name.
pub fn gone(name: &str) -> Option<&'static str> {
    GONE.iter().find(|(gone, _)| *gone == name).map(|&(_, why)| why)
}

/// Lists the names of all options.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|option| option.name)
}

#[cfg(test)]
mod tests;
