//! The default subscriber of [`run`](crate::run): writes events to standard error, filtered by
//! `RUST_LOG`.

use std::env::{self, VarError};
use std::io::{self, Write as _};

use kai_tcp_server_spec::suggest;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::log::{Quoted, event, span};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The most mistakes in `RUST_LOG` that are reported.
const TOLD: usize = 5;

/// Installs a subscriber that writes events to standard error. An existing subscriber stays, and
/// interprets `RUST_LOG` itself.
pub(crate) fn install() {
    let Filter { targets, mistakes } = Filter::asked_for();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_target(false)
        // The layer would report a failed write to standard error on standard error, which panics.
        // On a full disk or a closed pipe each line that a peer causes would then end the program.
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

/// The filter that `RUST_LOG` asks for, and the mistakes in it.
struct Filter {
    targets: Targets,
    mistakes: Vec<String>,
}

/// A part of `RUST_LOG`.
enum Part<'a> {
    /// The level for all targets.
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
                mistakes: vec!["it is not UTF-8".to_owned()],
            },
        }
    }

    /// Parses levels and targets with levels, separated by commas. Mistakes are skipped. After a
    /// mistake, the level for all targets is `info` unless it is given, because the mistake may
    /// have been meant as that level.
    fn read(asked: &str) -> Self {
        let (mut all, mut targets, mut mistakes) = (None, Targets::new(), Vec::new());
        let (mut any, mut spans) = (false, false);
        for part in asked.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match read_part(part) {
                Ok(Part::All(level)) => all = Some(level),
                Ok(Part::Target(target, level)) => {
                    any = true;
                    spans |= target.starts_with(span::TARGET);
                    targets = targets.with_target(target, level);
                    mistakes.extend(doubt(part));
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if let Some(level) = all.or((!any || !mistakes.is_empty()).then_some(LevelFilter::INFO)) {
            targets = targets.with_default(level);
        }
        // Unless they are asked for by their name: each line of a connection would begin with them.
        if !spans {
            targets = targets.with_target(span::TARGET, LevelFilter::OFF);
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
            (None, Some(level)) if !is_known(part) => Err(format!("`{quoted}` is not a level: did you mean {level}?")),
            // A target without a level enables all its events.
            (None, _) if is_target(part) => Ok(Part::Target(part, LevelFilter::TRACE)),
            (None, _) => Err(format!("`{quoted}` is neither a level nor a target=level")),
        };
    };
    if !is_target(target) {
        return Err(format!("`{quoted}` is not of the form target=level"));
    }
    match (read_level(level), meant(level)) {
        (Some(level), _) => Ok(Part::Target(target, level)),
        (None, Some(near)) => Err(format!("`{quoted}` names no level: did you mean {near}?")),
        (None, None) => Err(format!(
            "`{quoted}` names no level: the levels are {}",
            LEVELS.join(", ")
        )),
    }
}

fn read_level(text: &str) -> Option<LevelFilter> {
    // Tracing accepts the empty string as a level.
    text.parse().ok().filter(|_| !text.is_empty())
}

/// Returns the level that a misspelled word was meant to be: `wran`, `warning`, `err`.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let is_word = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_longer_or_shorter = |level: &&str| is_word && (word.starts_with(level) || level.starts_with(&word));
    let near = suggest::nearest(&word, LEVELS);
    near.or_else(|| LEVELS.into_iter().find(is_longer_or_shorter))
}

/// Returns whether a text may be a target: a module path, or another name.
fn is_target(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_:-.".contains(c))
}

/// Returns whether a word is certainly a target: of this crate, of the program, or a path.
fn is_known(part: &str) -> bool {
    let program = || {
        let path = env::current_exe().ok()?;
        Some(path.file_stem()?.to_str()?.replace('-', "_"))
    };
    part.contains(':') || part == env!("CARGO_CRATE_NAME") || Some(part) == program().as_deref()
}

/// Returns a warning for a target without a level, which may be a misspelled level.
fn doubt(part: &str) -> Option<String> {
    let is_clear = part.contains('=') || is_known(part);
    (!is_clear).then(|| {
        let levels = LEVELS.join(", ");
        format!(
            "`{}` is not a level ({levels}), so it is taken for a target",
            Quoted(part)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the levels of the targets, the default level and the mistakes.
    fn read(asked: &str) -> (Vec<(String, LevelFilter)>, Option<LevelFilter>, Vec<String>) {
        let Filter { targets, mistakes } = Filter::read(asked);
        let mut levels: Vec<_> = targets
            .iter()
            .filter(|&named| named != (span::TARGET, LevelFilter::OFF))
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
    fn spans_are_there_if_they_are_asked_for_by_their_name() {
        let level = |asked| {
            let Filter { targets, .. } = Filter::read(asked);
            [Level::INFO, Level::DEBUG].map(|level| targets.would_enable(span::TARGET, &level))
        };
        for asked in [
            "",
            "debug",
            "kai_tcp_server=trace",
            "kai_tcp_server",
            "info,my_app=debug",
        ] {
            assert_eq!(level(asked), [false, false], "{asked:?}");
        }
        assert_eq!(level("info,kai_tcp_server::span=info"), [true, false]);
        assert_eq!(level("warn,kai_tcp_server::span=debug"), [true, true]);
        assert_eq!(level("kai_tcp_server::span"), [true, true]);
    }

    #[test]
    fn what_is_not_understood_is_told_and_passed_over() {
        for (asked, mistake) in [
            ("wran", "`wran` is not a level: did you mean warn?"),
            ("warning", "`warning` is not a level: did you mean warn?"),
            ("ERR", "`ERR` is not a level: did you mean error?"),
            ("a=debgu", "`a=debgu` names no level: did you mean debug?"),
            (
                "a=",
                "`a=` names no level: the levels are off, error, warn, info, debug, trace",
            ),
            (
                "a=b=info",
                "`a=b=info` names no level: the levels are off, error, warn, info, debug, trace",
            ),
            ("=info", "`=info` is not of the form target=level"),
            ("a[{b}]=info", "`a[{b}]=info` is not of the form target=level"),
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
