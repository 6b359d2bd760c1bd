//! Durations: text with a unit.

use std::time::Duration;

/// The units, each in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60 * 1000), ("h", 60 * 60 * 1000)];

/// Reads a duration; an error says how one is written.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!(
            "`\"{text}\"` is no duration: a number with its unit, like \"250ms\", \"30s\", \"5m\" or \"1h\""
        ));
    }
    let Some((_, milliseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(match unit {
            "" => format!("`\"{text}\"` says no unit: \"{number}s\" is seconds; the units are ms, s, m and h"),
            _ => format!(
                "`\"{text}\"` is no duration: the units are ms, s, m and h, like \"{number}{}\"",
                meant(unit)
            ),
        });
    };
    number
        .parse()
        .ok()
        .and_then(|number: u64| number.checked_mul(*milliseconds))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`\"{text}\"` is too long for a duration; `infinity` is without a limit"))
}

/// The unit that somebody means who writes another one.
fn meant(unit: &str) -> &'static str {
    match unit.trim() {
        unit if unit.starts_with("ms") || unit.starts_with("mil") => "ms",
        unit if unit.starts_with('m') => "m",
        unit if unit.starts_with('h') => "h",
        _ => "s",
    }
}
