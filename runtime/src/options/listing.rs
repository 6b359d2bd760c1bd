//! The options of a running server, as text, and where each came from.

use std::fmt;

use crate::options::Options;
use crate::options::origin::Origin;
use crate::options::table::{self, TABLE};

/// An option of a server, as [`Server::options`](crate::Server::options) lists it.
///
/// Displays in one line: `max_processes = 256 (environment ECHO_MAX_PROCESSES)`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name.
    pub name: &'static str,
    /// Its value, spelled as in the attribute but without quotes; None where there is none, as for
    /// the `name` of most servers.
    pub value: Option<String>,
    /// Where the value came from.
    pub source: OptionSource,
}

/// Where the value of an option came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionSource {
    /// Nobody said anything else: the option's default.
    // Were it `Default`, the compiler would spell out the trait of that name in all messages to
    // users.
    BuiltIn,
    /// The attribute.
    Attribute,
    /// This variable of the environment.
    Environment(String),
    /// A setter of [`Options`], as for [`with`](crate::with), or a file that the program read.
    Program,
}

impl fmt::Display for OptionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("none");
        write!(f, "{} = {value} ({})", self.name, self.source)
    }
}

impl fmt::Display for OptionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionSource::BuiltIn => f.write_str("default"),
            OptionSource::Attribute => f.write_str("attribute"),
            OptionSource::Environment(variable) => write!(f, "environment {variable}"),
            OptionSource::Program => f.write_str("program"),
        }
    }
}

/// Lists the options, in the order of the attribute's documentation.
pub(crate) fn list(options: &Options) -> Vec<OptionInfo> {
    let source = |origin, name| match origin {
        Origin::BuiltIn => OptionSource::BuiltIn,
        Origin::Attribute => OptionSource::Attribute,
        Origin::Environment => OptionSource::Environment(table::variable(options.env.unwrap_or_default(), name)),
        Origin::Beneath | Origin::Program => OptionSource::Program,
    };
    TABLE
        .iter()
        .map(|option| OptionInfo {
            name: option.row.name,
            value: option.value(options).map(|value| value.to_string()),
            source: source(options.origins.of(option.id), option.row.name),
        })
        .collect()
}
