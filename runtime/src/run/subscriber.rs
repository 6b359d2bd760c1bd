//! The subscriber of [`run`](crate::run), where the program has none: lines on standard error, of what `RUST_LOG` asks for.

use std::env::{self, VarError};
use std::io::{self, Write as _};

use kai_tcp_server_spec::suggest;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::log::{Quoted, event};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The most mistakes that are told.
const TOLD: usize = 5;

/// Writes events to standard error. A subscriber that is there already stays, and `RUST_LOG` is its business.
pub(crate) fn install() {
    let Filter { targets, mistakes } = Filter::asked_for();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_target(false)
        // It would tell standard error that standard error takes nothing, which panics: on a full disk, or when whoever read it
        // has gone, each line that a peer causes would end the program.
        .log_internal_errors(false);
    let installed = tracing_subscriber::registry().with(targets).with(lines).try_init();
    if installed.is_ok() && !mistakes.is_empty() {
        let mistakes = mistakes.join("; ");
        if tracing::enabled!(Level::WARN) {
            event!(warn, name: "RUST_LOG", "RUST_LOG: {mistakes}");
        } else {
            let _ = io::stderr().write_all(format!("RUST_LOG: {mistakes}\n").as_bytes());
        }
    }
}

/// What is written, and what of `RUST_LOG` isn't understood.
struct Filter {
    targets: Targets,
    mistakes: Vec<String>,
}

/// A part of `RUST_LOG`.
enum Part<'a> {
    /// From this level on, whatever the target.
    All(LevelFilter),
    Target(&'a str, LevelFilter),
}

impl Filter {
    fn asked_for() -> Self {
        match env::var("RUST_LOG") {
            Ok(asked) => Filter::read(&asked),
            Err(VarError::NotPresent) => Filter::read(""),
            Err(VarError::NotUnicode(_)) => Filter {
                targets: Targets::new().with_default(LevelFilter::INFO),
                mistakes: vec!["it is no UTF-8".to_owned()],
            },
        }
    }

    /// Levels and targets with their levels, with commas in between. A mistake is passed over; without a level for all it is `info` then, as
    /// it may have been meant to be one.
    fn read(asked: &str) -> Self {
        let (mut all, mut targets, mut mistakes) = (None, Targets::new(), Vec::new());
        let mut any = false;
        for part in asked.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match read_part(part) {
                Ok(Part::All(level)) => all = Some(level),
                Ok(Part::Target(target, level)) => {
                    any = true;
                    targets = targets.with_target(target, level);
                    mistakes.extend(doubt(part));
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if let Some(level) = all.or((!any || !mistakes.is_empty()).then_some(LevelFilter::INFO)) {
            targets = targets.with_default(level);
        }
        mistakes.truncate(TOLD);
        Filter { targets, mistakes }
    }
}

fn read_part(part: &str) -> Result<Part<'_>, String> {
    let quoted = Quoted(part);
    let Some((target, level)) = part.split_once('=') else {
        return match (read_level(part), meant(part)) {
            (Some(level), _) => Ok(Part::All(level)),
            (None, Some(level)) if !is_known(part) => Err(format!("`{quoted}` is no level: did you mean {level}?")),
            // All that there is of it.
            (None, _) if is_target(part) => Ok(Part::Target(part, LevelFilter::TRACE)),
            (None, _) => Err(format!("`{quoted}` is neither a level nor a target=level")),
        };
    };
    if !is_target(target) {
        return Err(format!("`{quoted}` is no target=level"));
    }
    match (read_level(level), meant(level)) {
        (Some(level), _) => Ok(Part::Target(target, level)),
        (None, Some(near)) => Err(format!("`{quoted}` names no level: did you mean {near}?")),
        (None, None) => Err(format!("`{quoted}` names no level: there are {}", LEVELS.join(", "))),
    }
}

fn read_level(text: &str) -> Option<LevelFilter> {
    // The empty one is a level to tracing.
    text.parse().ok().filter(|_| !text.is_empty())
}

/// The level that a misspelled one was meant to be: `wran`, `warning`, `err`.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let is_word = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_longer_or_shorter = |level: &&str| is_word && (word.starts_with(level) || level.starts_with(&word));
    let near = suggest::nearest(&word, LEVELS);
    near.or_else(|| LEVELS.into_iter().find(is_longer_or_shorter))
}

/// The paths of modules, and what else names are made of.
fn is_target(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_:-.".contains(c))
}

/// Whether it is a target for certain: of this crate, of the program, or a path.
fn is_known(part: &str) -> bool {
    let program = || {
        let path = env::current_exe().ok()?;
        Some(path.file_stem()?.to_str()?.replace('-', "_"))
    };
    part.contains(':') || part == env!("CARGO_CRATE_NAME") || Some(part) == program().as_deref()
}

/// What to say of a target without a level: it may be a word that is none.
fn doubt(part: &str) -> Option<String> {
    let is_clear = part.contains('=') || is_known(part);
    (!is_clear).then(|| {
        let levels = LEVELS.join(", ");
        format!("`{}` is no level ({levels}), so it is taken for a target", Quoted(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of a target is written from where on, and what is said of it.
    fn read(asked: &str) -> (Vec<(String, LevelFilter)>, Option<LevelFilter>, Vec<String>) {
        let Filter { targets, mistakes } = Filter::read(asked);
        let mut levels: Vec<_> = targets
            .iter()
            .map(|(target, level)| (target.to_owned(), level))
            .collect();
        levels.sort_by(|a, b| a.0.cmp(&b.0));
        (levels, targets.default_level(), mistakes)
    }

    #[test]
    fn levels_and_targets_are_read_as_elsewhere() {
        for (asked, targets, all) in [
            ("", &[][..], Some(LevelFilter::INFO)),
            ("debug", &[], Some(LevelFilter::DEBUG)),
            (" WARN , ", &[], Some(LevelFilter::WARN)),
            ("off", &[], Some(LevelFilter::OFF)),
            ("kai_tcp_server=debug", &[("kai_tcp_server", LevelFilter::DEBUG)], None),
            ("kai_tcp_server", &[("kai_tcp_server", LevelFilter::TRACE)], None),
            ("a::b", &[("a::b", LevelFilter::TRACE)], None),
            (
                "error,my_app=debug",
                &[("my_app", LevelFilter::DEBUG)],
                Some(LevelFilter::ERROR),
            ),
            (
                "my-app=Off,a::b=trace",
                &[("a::b", LevelFilter::TRACE), ("my-app", LevelFilter::OFF)],
                None,
            ),
        ] {
            let targets: Vec<_> = targets
                .iter()
                .map(|&(target, level)| (target.to_owned(), level))
                .collect();
            assert_eq!(read(asked), (targets, all, vec![]), "{asked:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told_and_passed_over() {
        for (asked, mistake) in [
            ("wran", "`wran` is no level: did you mean warn?"),
            ("warning", "`warning` is no level: did you mean warn?"),
            ("ERR", "`ERR` is no level: did you mean error?"),
            ("a=debgu", "`a=debgu` names no level: did you mean debug?"),
            (
                "a=",
                "`a=` names no level: there are off, error, warn, info, debug, trace",
            ),
            (
                "a=b=info",
                "`a=b=info` names no level: there are off, error, warn, info, debug, trace",
            ),
            ("=info", "`=info` is no target=level"),
            ("a[{b}]=info", "`a[{b}]=info` is no target=level"),
            ("info/b", "`info/b` is neither a level nor a target=level"),
            ("\u{1b}", "`\\u{1b}` is neither a level nor a target=level"),
        ] {
            assert_eq!(
                read(asked),
                (vec![], Some(LevelFilter::INFO), vec![mistake.to_owned()]),
                "{asked:?}"
            );
        }
        let (targets, all, mistakes) = read("wran,a=debug,error");
        assert_eq!(
            (targets, all, mistakes.len()),
            (vec![("a".to_owned(), LevelFilter::DEBUG)], Some(LevelFilter::ERROR), 1)
        );
        assert_eq!(read(&"wran,".repeat(100)).2.len(), TOLD);
    }

    #[test]
    fn a_word_that_may_be_meant_as_a_level_is_taken_for_a_target_and_told() {
        let (targets, all, mistakes) = read("verbose");
        assert_eq!(
            (targets, all),
            (
                vec![("verbose".to_owned(), LevelFilter::TRACE)],
                Some(LevelFilter::INFO)
            )
        );
        assert!(mistakes[0].ends_with("so it is taken for a target"), "{mistakes:?}");
    }
}
