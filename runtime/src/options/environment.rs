//! The environment as a layer over a server's options: `ECHO_PORT`, `ECHO_RECV_TIMEOUT`, …

use std::ffi::{OsStr, OsString};

use crate::error::{Error, ErrorKind, Result};
use crate::log::{Quoted, event};
use crate::options::Options;
use crate::options::check;
use crate::options::listing;
use crate::options::origin::Origin;
use crate::options::table::{self, LOG_CONFIG, Spec, Unchangeable};

/// The most mistakes that one error tells.
const TOLD: usize = 20;

/// The options that a server starts under, judged, and what its log has to say of them.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) options: Options,
    /// Whether the environment asks for a list of them.
    listed: bool,
    /// The variables that a setter prevails over.
    ignored: Vec<&'static str>,
}

impl Configured {
    /// What these options are with what the environment says, where they ask for that.
    pub(crate) fn new(options: Options) -> Result<Self> {
        let configured = match options.env {
            Some(prefix) => {
                // An empty one would be what other programs' variables begin with.
                check::env(prefix).map_or(Ok(()), |problem| Err(Error::new(ErrorKind::Options, problem)))?;
                layer(options, prefix, std::env::vars_os())?
            }
            None => Configured {
                options,
                listed: false,
                ignored: Vec::new(),
            },
        };
        configured.options.check()?;
        Ok(configured)
    }

    /// Writes the log lines of a server that starts.
    pub(crate) fn tell(&self, server: &str) {
        let prefix = self.options.env.unwrap_or_default();
        for option in &self.ignored {
            let variable = table::variable(prefix, option);
            event!(warn, name: "variable ignored", server, variable, "{server}: {variable} is ignored, as the program itself sets {option}");
        }
        if self.listed {
            for option in listing::list(&self.options) {
                let (name, value) = (
                    option.name,
                    option.value.as_deref().map(Quoted).map(tracing::field::display),
                );
                let source = tracing::field::display(&option.source);
                event!(info, name: "option", server, option = name, value, source, "{server}: {}", Quoted(&option));
            }
        }
    }
}

/// Lays variables over options. All mistakes are one error.
fn layer(
    mut options: Options,
    prefix: &str,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Configured> {
    // In the order of their names. They are few, and a sort is much to compile.
    let mut ours: Vec<(String, OsString)> = Vec::new();
    for (name, value) in variables {
        let Some(name) = behind(prefix, &name).filter(|name| !is_service_link(name, &value)) else {
            continue;
        };
        let variable = (name, value);
        ours.insert(ours.partition_point(|other| *other < variable), variable);
    }
    let mut mistakes = Vec::new();
    // Which options there are, of which one time is enough.
    let mut others_told = false;
    let mut listed = false;
    let mut ignored = Vec::new();
    let mut read: Vec<(&Spec, String)> = Vec::new();
    for (name, value) in ours {
        let quoted = Quoted(value.to_string_lossy()).to_string();
        let mistake =
            |value: &str, problem: &str| format!("{prefix}_{}{value} (environment): {problem}", Quoted(&name));
        let says = format!("={quoted}");
        let option = name.to_ascii_lowercase();
        if option == LOG_CONFIG {
            match value.to_str() {
                Some("1" | "true") => listed = true,
                Some("0" | "false") => {}
                _ => mistakes.push(mistake(&says, "1 lists the options when the server starts, 0 doesn't")),
            }
            continue;
        }
        if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            let problem = format!(
                "it is written in upper case: {}",
                Quoted(table::variable(prefix, &option))
            );
            mistakes.push(mistake("", &problem));
            continue;
        }
        let option = match table::changeable(&option, Some(prefix)) {
            Ok(option) => option,
            // What isn't for this server may be a secret: its value is told nobody.
            Err(Unchangeable { problem, others }) => {
                let others = others.filter(|_| !std::mem::replace(&mut others_told, true));
                let others = others.map_or_else(String::new, |others| format!(": {others}"));
                mistakes.push(mistake("", &problem) + &others);
                continue;
            }
        };
        if options.origins.of(option.id) == Origin::Program {
            ignored.push(option.row.name);
            continue;
        }
        let Some(text) = value.to_str() else {
            mistakes.push(mistake(&says, "this is no UTF-8"));
            continue;
        };
        match option.read(options, text, Origin::Environment) {
            Ok(changed) => {
                options = changed;
                read.push((option, mistake(&says, "")));
            }
            Err(problem) => mistakes.push(mistake(&says, &problem)),
        }
    }
    // Once all are there, as some are judged beside others.
    let wrong = |(option, source): (&Spec, String)| option.problem(&options).map(|problem| source + &problem);
    mistakes.extend(read.into_iter().filter_map(wrong));
    if mistakes.is_empty() {
        return Ok(Configured {
            options,
            listed,
            ignored,
        });
    }
    let untold = mistakes.len().saturating_sub(TOLD);
    mistakes.truncate(TOLD);
    if untold > 0 {
        mistakes.push(format!("and {untold} more"));
    }
    Err(Error::new(ErrorKind::Options, mistakes.join("; ")))
}

/// What a variable is called behind the prefix; None where it begins with something else.
fn behind(prefix: &str, variable: &OsStr) -> Option<String> {
    let mut variable = variable.to_string_lossy().into_owned();
    if cfg!(windows) {
        // There the case of a variable's name says nothing.
        variable.make_ascii_uppercase();
    }
    variable.strip_prefix(prefix)?.strip_prefix('_').map(str::to_owned)
}

/// Whether it is one of the variables that Kubernetes gives to each pod beside a service whose name
/// begins with the prefix: of the service `echo` `ECHO_SERVICE_HOST` and
/// `ECHO_PORT=tcp://10.0.0.1:80`, of `echo-redis` `ECHO_REDIS_PORT_6379_TCP_ADDR`, … Nobody wrote
/// them for this server, and they come and go with the services.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    // What is between the prefix and the variable's own name is the rest of the service's,
    // whichever part that is.
    let rests = name.match_indices('_').map(|(at, _)| &name[at + 1..]);
    std::iter::once(name)
        .chain(rests)
        .any(|name| is_link_of_a_service(name, value))
}

fn is_link_of_a_service(name: &str, value: &OsStr) -> bool {
    let is_address = || {
        ["tcp://", "udp://", "sctp://"]
            .iter()
            .any(|scheme| value.to_string_lossy().starts_with(scheme))
    };
    let numbered = |rest: &str| {
        let mut parts = rest.split('_');
        let port = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
        let protocol = parts
            .next()
            .is_some_and(|protocol| ["TCP", "UDP", "SCTP"].contains(&protocol));
        let field = parts
            .next()
            .is_none_or(|field| ["PROTO", "PORT", "ADDR"].contains(&field));
        port && protocol && field && parts.next().is_none()
    };
    match name {
        "SERVICE_HOST" | "SERVICE_PORT" => true,
        "PORT" => is_address(),
        _ => name.starts_with("SERVICE_PORT_") || name.strip_prefix("PORT_").is_some_and(numbered),
    }
}
