//! Options that change while their server runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::options::Options;
use crate::options::settings::Settings;
use crate::options::table::TABLE;

/// The options of the moment. Who needs them looks them up once for what it begins, so nothing is
/// looked up for a call.
#[derive(Debug)]
pub(crate) struct OptionsCell(Mutex<OptionsSnapshot>);

/// The options, and what a connection that begins under them goes by.
#[derive(Clone, Debug)]
pub(crate) struct OptionsSnapshot {
    pub(crate) options: Arc<Options>,
    pub(crate) settings: Arc<Settings>,
}

impl OptionsSnapshot {
    fn new(options: Options) -> Self {
        OptionsSnapshot {
            settings: Arc::new(Settings::new(&options)),
            options: Arc::new(options),
        }
    }
}

impl OptionsCell {
    pub(crate) fn new(options: Options) -> Arc<Self> {
        Arc::new(OptionsCell(Mutex::new(OptionsSnapshot::new(options))))
    }

    pub(crate) fn now(&self) -> OptionsSnapshot {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn get(&self) -> Arc<Options> {
        self.now().options
    }

    /// Plans to take over what can change.
    pub(crate) fn plan(running: &Options, asked: &Options) -> Change {
        let (next, changes) = reload(running, asked);
        Change { next, changes }
    }

    /// Takes over what was planned, and says what differs from what ran.
    pub(crate) fn take_over(&self, change: Change) -> Vec<OptionChange> {
        let Change { next, changes } = change;
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = OptionsSnapshot {
            settings: Arc::new(now.settings.next(&next)),
            options: Arc::new(next),
        };
        changes
    }
}

/// The changes that a reload is to make.
#[derive(Debug)]
pub(crate) struct Change {
    /// The options as they will be.
    pub(crate) next: Options,
    changes: Vec<OptionChange>,
}

/// An option that a reload asks to be other than it is, as
/// [`Server::reload`](crate::Server::reload) lists it.
///
/// Displays in one line: `recv_timeout = 30s (was 5m)`, or
/// `backlog stays 1024: 64 needs a restart`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionChange {
    /// The option.
    pub name: &'static str,
    /// What it was, spelled as [`OptionInfo`](crate::OptionInfo) spells it.
    pub before: Option<String>,
    /// What it was asked to be.
    pub after: Option<String>,
    /// Whether it is that now; else it stays what it was until the server is started anew.
    pub applied: bool,
}

impl fmt::Display for OptionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (
            self.before.as_deref().unwrap_or("none"),
            self.after.as_deref().unwrap_or("none"),
        );
        if self.applied {
            write!(f, "{} = {after} (was {before})", self.name)
        } else {
            write!(f, "{} stays {before}: {after} needs a restart", self.name)
        }
    }
}

/// A running server takes over what its row says; the others are part of what it was started as.
fn reload(running: &Options, asked: &Options) -> (Options, Vec<OptionChange>) {
    let mut next = *running;
    let mut changes = Vec::new();
    for option in &TABLE {
        let applied = option.row.reloads();
        if applied {
            next = option.take(next, asked);
        }
        let (before, after) = (option.value(running), option.value(asked));
        if before != after {
            let text = |value: Option<_>| value.map(|value: super::value::Value| value.to_string());
            changes.push(OptionChange {
                name: option.row.name,
                before: text(before),
                after: text(after),
                applied,
            });
        }
    }
    (next, changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said to have changed is what has changed.
    #[test]
    fn those_that_change_are_those_that_are_taken_over() {
        let running = Options::new().port(1);
        let texts = [
            "7",
            "7s",
            "false",
            "true",
            "127.0.0.7",
            "127.0.0.7:7",
            "refuse",
            "required",
            "seven",
        ];
        for option in TABLE.iter().filter(|option| option.row.is_changeable()) {
            let asked = texts.iter().find_map(|text| {
                let read = option.read(running, text, super::super::origin::Origin::Program);
                read.ok().filter(|asked| *asked != running)
            });
            let asked = asked.unwrap();
            let (next, changes) = reload(&running, &asked);
            assert_eq!(changes.len(), 1, "{}", option.row.name);
            assert_eq!(changes[0].name, option.row.name);
            let expected = if changes[0].applied { asked } else { running };
            assert_eq!(next, expected, "{}", changes[0]);
        }
    }
}
