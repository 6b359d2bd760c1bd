//! The lines of a recording, or of a transcript, as a replay reads them.

use std::time::Duration;

use super::super::script::{Action, action};
use crate::error::{Error, ErrorKind, Result};

/// The beginning of a file of a recording.
const FORMAT: &str = "# kai-tcp-server recording ";

/// The version of the format that is read.
const VERSION: &str = "1";

/// The longest recording, in seconds: 30,000 years, so that no sum of times overflows.
const SECONDS: u64 = 1_000_000_000_000;

/// The text of a file.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: Option<String>,
    text: String,
}

/// A line.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) text: &'t str,
    /// Since the recording began; a transcript has no times.
    pub(super) time: Option<Duration>,
    /// 0 in a transcript, which is of one connection.
    pub(super) connection: u64,
    pub(super) step: Step,
}

#[derive(Debug)]
pub(super) enum Step {
    Connected,
    Joined,
    /// A line for people.
    Note,
    StartTls,
    /// The server was stopped: what it said then, it says when it is stopped.
    Stopped,
    Play(Action),
    LeftOutOfClient,
    LeftOutOfServer(u64),
    ClientClosed,
    ClientReset,
    Ended,
}

impl File {
    pub(super) fn new(name: Option<String>, mut text: String) -> Result<Self> {
        if let Some(version) = text.strip_prefix(FORMAT) {
            let version = version.split([':', '\n']).next().unwrap_or_default().trim();
            if version != VERSION {
                return Err(Error::new(
                    ErrorKind::Malformed,
                    format!(
                        "recordings of version {} can't be played by this one",
                        version.escape_debug()
                    ),
                ));
            }
            // Its writer was killed in the middle of a line.
            let end = text.rfind('\n').map_or(0, |end| end + 1);
            text.truncate(end);
        }
        Ok(File { name, text })
    }

    /// Returns what is wrong with its first wrong line.
    pub(super) fn check(&self) -> Result {
        let wrong = self.entries().find_map(|(line, entry)| Some((line, entry.err()?)));
        let Some((line, problem)) = wrong else { return Ok(()) };
        let message = match &self.name {
            Some(name) => format!("{name}:{line}: {problem}"),
            None => format!("line {line}: {problem}"),
        };
        Err(Error::new(ErrorKind::Malformed, message))
    }

    /// Reads line by line.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, std::result::Result<Entry<'_>, String>)> {
        let lines = self.text.lines().zip(1..);
        lines.filter_map(|(text, line)| {
            let text = text.trim_start();
            if text.is_empty() || text.starts_with('#') {
                return None;
            }
            Some((line, entry(line, text)))
        })
    }
}

fn entry(line: usize, text: &str) -> std::result::Result<Entry<'_>, String> {
    let (time, connection, said) = match prefix(text) {
        Some((time, connection, said)) => (Some(time), connection, said),
        None => (None, 0, text),
    };
    Ok(Entry {
        line,
        text,
        time,
        connection,
        step: step(said)?,
    })
}

/// Reads the time and the number of the connection.
fn prefix(text: &str) -> Option<(Duration, u64, &str)> {
    let (time, rest) = text.split_once(' ')?;
    let (connection, said) = rest.split_once(' ')?;
    let (seconds, micros) = time.split_once('.')?;
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if micros.len() != 6 || !are_digits(seconds) || !are_digits(micros) {
        return None;
    }
    let seconds: u64 = seconds.parse().ok().filter(|seconds| *seconds < SECONDS)?;
    let micros: u64 = micros.parse().ok()?;
    let connection = connection.strip_prefix('#').filter(|number| are_digits(number))?;
    let connection: u64 = connection.parse().ok().filter(|connection| *connection > 0)?;
    Some((
        Duration::from_secs(seconds) + Duration::from_micros(micros),
        connection,
        said,
    ))
}

fn step(said: &str) -> std::result::Result<Step, String> {
    let word = said.trim_end();
    let is_about = |what: &str| word.starts_with(what) && word.ends_with(')');
    Ok(match word {
        "(starttls)" => Step::StartTls,
        "(stopped)" => Step::Stopped,
        "C! closed" => Step::ClientClosed,
        "C! reset" => Step::ClientReset,
        _ if is_about("(connected from ") => Step::Connected,
        _ if is_about("(joined from ") => Step::Joined,
        _ if is_about("(goes on from ") || is_about("(state ") => Step::Note,
        _ if is_about("(ended: ") => Step::Ended,
        _ => {
            if let Some(bytes) = left_out(word, "C! ") {
                bytes?;
                return Ok(Step::LeftOutOfClient);
            }
            match left_out(word, "S! ") {
                Some(bytes) => Step::LeftOutOfServer(bytes?),
                None => Step::Play(action(said)?),
            }
        }
    })
}

/// Reads `C! left out 5 bytes`.
fn left_out(word: &str, side: &str) -> Option<std::result::Result<u64, String>> {
    let bytes = word
        .strip_prefix(side)?
        .strip_prefix("left out ")?
        .strip_suffix(" bytes")?;
    Some(
        bytes
            .parse()
            .map_err(|_| format!("`{}` is no number", bytes.escape_debug())),
    )
}
