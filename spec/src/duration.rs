//! Durations as text: a whole number with its unit.

use std::time::Duration;

/// The units, each in milliseconds, from the largest.
const UNITS: [(&str, u64); 4] = [("h", 60 * 60 * 1000), ("m", 60 * 1000), ("s", 1000), ("ms", 1)];

/// A mistake in the text of a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake<'t> {
    /// It doesn't begin with a whole number.
    NoNumber,
    /// It is only this whole number, without a unit.
    NoUnit(&'t str),
    /// The unit doesn't exist.
    UnknownUnit {
        /// The number before it.
        number: &'t str,
        /// The unit that was probably meant.
        meant: &'static str,
    },
    /// It is longer than a `Duration` can be.
    TooLong,
}

/// Reads a duration: digits, followed by `ms`, `s`, `m` or `h`.
///
/// # Errors
///
/// Returns what is wrong with the text.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server_spec::duration::{self, Mistake};
///
/// assert_eq!(duration::parse("5m"), Ok(Duration::from_mins(5)));
/// assert_eq!(duration::parse("30"), Err(Mistake::NoUnit("30")));
/// ```
pub fn parse(text: &str) -> Result<Duration, Mistake<'_>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(Mistake::NoNumber);
    }
    let Some((_, milliseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(match unit {
            "" => Mistake::NoUnit(number),
            _ => Mistake::UnknownUnit {
                number,
                meant: meant(unit),
            },
        });
    };
    number
        .parse()
        .ok()
        .and_then(|number: u64| number.checked_mul(*milliseconds))
        .map(Duration::from_millis)
        .ok_or(Mistake::TooLong)
}

/// Returns the unit that was probably meant by a word that isn't one.
fn meant(unit: &str) -> &'static str {
    match unit.trim() {
        unit if unit.starts_with("ms") || unit.starts_with("mil") => "ms",
        unit if unit.starts_with('m') => "m",
        unit if unit.starts_with('h') => "h",
        _ => "s",
    }
}

/// Writes a duration so that [`parse`] reads the same, in the largest unit of which it is a whole
/// number.
///
/// Returns `None` if no text expresses it: it has a fraction of a millisecond, or more milliseconds
/// than a `u64` holds.
pub fn write(time: Duration) -> Option<String> {
    let milliseconds = u64::try_from(time.as_millis()).ok()?;
    if time != Duration::from_millis(milliseconds) {
        return None;
    }
    if time.is_zero() {
        return Some("0s".to_owned());
    }
    let whole = |unit: &&(&str, u64)| milliseconds.is_multiple_of(unit.1);
    let (unit, size) = UNITS.iter().find(whole)?;
    Some(format!("{}{unit}", milliseconds / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read() {
        for (text, milliseconds) in [
            ("0ms", 0),
            ("0h", 0),
            ("250ms", 250),
            ("030s", 30_000),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("18446744073709551615ms", u64::MAX),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn a_mistake_says_what_is_wrong() {
        let unknown = |number, meant| Mistake::UnknownUnit { number, meant };
        for (text, mistake) in [
            ("", Mistake::NoNumber),
            ("s", Mistake::NoNumber),
            ("-1s", Mistake::NoNumber),
            ("+1s", Mistake::NoNumber),
            (" 1s", Mistake::NoNumber),
            ("infinity", Mistake::NoNumber),
            ("٣s", Mistake::NoNumber),
            ("30", Mistake::NoUnit("30")),
            ("30sec", unknown("30", "s")),
            ("30 s", unknown("30", "s")),
            ("30s ", unknown("30", "s")),
            ("1.5s", unknown("1", "s")),
            ("5 min", unknown("5", "m")),
            ("2hours", unknown("2", "h")),
            ("9msec", unknown("9", "ms")),
            ("9 milliseconds", unknown("9", "ms")),
            ("1d", unknown("1", "s")),
            ("18446744073709551616ms", Mistake::TooLong),
            ("18446744073709551615s", Mistake::TooLong),
        ] {
            assert_eq!(parse(text), Err(mistake), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for (milliseconds, text) in [
            (0, "0s"),
            (1, "1ms"),
            (1500, "1500ms"),
            (2000, "2s"),
            (60_000, "1m"),
            (90_000, "90s"),
            (3_600_000, "1h"),
            (u64::MAX, "18446744073709551615ms"),
        ] {
            let time = Duration::from_millis(milliseconds);
            assert_eq!(write(time).as_deref(), Some(text));
            assert_eq!(parse(text), Ok(time));
        }
    }

    #[test]
    fn what_no_text_says_is_not_written() {
        assert_eq!(write(Duration::MAX), None);
        assert_eq!(write(Duration::from_micros(1500)), None);
        assert_eq!(write(Duration::from_secs(u64::MAX)), None);
    }
}
