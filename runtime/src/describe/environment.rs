//! The descriptions that the environment asks a program for: `ECHO_DESCRIBE=abnf`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{Write as _, stdout};
use std::path::Path;

use super::Description;
use crate::api::tcp_server::TcpServer;
use crate::error::{Error, ErrorKind, Result};
use crate::log::Quoted;

/// The forms, as the variable names them.
const FORMS: &str = "table, abnf, wireshark, dictionary, corpus, corpus:FOLDER, dot, svg";

/// A server of a program, as far as it can be described.
#[derive(Debug)]
pub struct Described {
    variable: String,
    name: &'static str,
    description: Option<Description<'static>>,
}

impl Described {
    pub(crate) fn new<S: TcpServer>(server: &S) -> Self {
        let options = server.options();
        let prefix = options.env.map_or_else(|| upper_case(S::label()), str::to_owned);
        Described {
            variable: format!("{prefix}_DESCRIBE"),
            name: options.name.unwrap_or_else(S::label),
            description: Description::of(server),
        }
    }
}

/// Returns a type's name as variables of the environment are written: `MY_STORE` for `MyStore`.
fn upper_case(name: &str) -> String {
    let mut upper = String::new();
    let mut before_is_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && before_is_lower {
            upper.push('_');
        }
        before_is_lower = letter.is_lowercase() || letter.is_numeric();
        upper.extend(letter.to_uppercase());
    }
    upper
}

/// Prints what the environment asks for. Returns `None` if it asks for nothing.
pub(crate) fn asked_for(servers: &[Described]) -> Option<Result> {
    let asked: Vec<(&Described, OsString)> = servers
        .iter()
        .filter_map(|server| Some((server, std::env::var_os(&server.variable)?)))
        .collect();
    (!asked.is_empty()).then(|| asked.iter().try_for_each(|(server, form)| print(server, form)))
}

fn print(server: &Described, form: &OsString) -> Result {
    let text = form.to_str().unwrap_or_default();
    let Some(description) = &server.description else {
        return Err(Error::new(
            ErrorKind::Options,
            format!(
                "{} (environment): {} has no table to describe",
                server.variable, server.name
            ),
        ));
    };
    let printed = match text.split_once(':').unwrap_or((text, "")) {
        ("table", "") => description.protocol.to_string(),
        ("abnf", "") => description.abnf(),
        ("wireshark", "") => description.wireshark(),
        ("dictionary", "") => description.dictionary(),
        ("corpus", "") if !text.ends_with(':') => corpus(description),
        ("corpus", folder) if !folder.is_empty() => save(description, Path::new(folder))?,
        ("dot", "") => description.dot(),
        ("svg", "") => description.svg(),
        _ => {
            let problem = format!(
                "{}={} (environment): there is no such form; there are {FORMS}",
                server.variable,
                Quoted(form.to_string_lossy())
            );
            return Err(Error::new(ErrorKind::Options, problem));
        }
    };
    let mut out = stdout().lock();
    out.write_all(printed.as_bytes()).and_then(|()| out.flush())?;
    Ok(())
}

fn corpus(description: &Description<'_>) -> String {
    let mut out = String::new();
    for seed in description.corpus() {
        let _ = writeln!(out, "{}", seed.frame.escape_ascii());
    }
    out
}

/// Writes the corpus into a folder, a file each, and returns their names.
fn save(description: &Description<'_>, folder: &Path) -> Result<String> {
    let cannot = |path: &Path, error| {
        let problem = format!("cannot write {}", Quoted(path.display()));
        Error::new(ErrorKind::Other, problem).caused_by(error)
    };
    fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    let mut out = String::new();
    for seed in description.corpus() {
        let path = folder.join(&seed.name);
        fs::write(&path, &seed.frame).map_err(|error| cannot(&path, error))?;
        let _ = writeln!(out, "{}", Quoted(path.display()));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::upper_case;

    #[test]
    fn a_type_is_named_as_variables_are() {
        assert_eq!(upper_case("Echo"), "ECHO");
        assert_eq!(upper_case("MyStore"), "MY_STORE");
        assert_eq!(upper_case("Http2Server"), "HTTP2_SERVER");
        assert_eq!(upper_case("DNS"), "DNS");
    }
}
