//! Durations: text with a unit.

use std::time::Duration;

use syn::Expr;

use crate::options::number::evaluate;
use crate::options::table::{Spec, Times};
use crate::options::value::{Value, constant_of, literal_text, wrong};
use crate::syntax::word;

/// The units, each in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60 * 1000), ("h", 60 * 60 * 1000)];

/// Judges the value of an option that takes a duration.
pub(super) fn judge(spec: &Spec, times: Times, value: &Expr) -> syn::Result<Value> {
    let name = spec.name;
    match word(value).as_deref() {
        Some("infinity") => return Ok(Value::Infinity),
        Some("brutal_kill") if times.brutal_kill => return Ok(Value::BrutalKill),
        Some("brutal_kill") => {
            return Err(wrong(
                value,
                format_args!("only `shutdown` takes `brutal_kill`; `{name}` takes a duration or `infinity`"),
            ));
        }
        _ => {}
    }
    if let Some(n) = evaluate(value) {
        let message =
            format!("`{name}` takes its unit with the number: `{name} = \"{n}s\"` is seconds, \"{n}ms\" milliseconds");
        return Err(wrong(value, message));
    }
    let Some(spelling) = literal_text(value) else {
        return constant_of(spec, value, "a duration, like \"30s\", or `infinity`");
    };
    let spelling = match spelling {
        Ok(spelling) => spelling,
        Err(literal) => {
            return Err(wrong(
                literal,
                format_args!("`{name}` takes a duration, like \"250ms\", \"30s\" or \"5m\""),
            ));
        }
    };
    let written = spelling.value();
    if written == "infinity" || (written == "brutal_kill" && times.brutal_kill) {
        return Err(wrong(value, format_args!("write `{name} = {written}`, without quotes")));
    }
    let time = parse(&written).map_err(|problem| wrong(value, problem))?;
    match times.not_zero {
        Some(because) if time.is_zero() => Err(wrong(value, format_args!("`{name}` must be longer than 0: {because}"))),
        _ => Ok(Value::Time(time)),
    }
}

/// Reads a duration; an error says how one is written.
fn parse(text: &str) -> Result<Duration, String> {
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
