//! Options that are durations: text with a unit.

use kai_tcp_server_spec::duration::{self, Mistake};
use kai_tcp_server_spec::option::{Row, Time};
use syn::Expr;

use crate::options::literal::{constant_of, literal_text, wrong};
use crate::options::number::evaluate;
use crate::options::value::Value;
use crate::syntax::word;

/// Judges the value of an option that takes a duration.
pub(super) fn judge(row: &Row, times: Time, value: &Expr) -> syn::Result<Value> {
    let name = row.word();
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
        return constant_of(row, value, "a duration, like \"30s\", or `infinity`");
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
    let time = duration::parse(&written).map_err(|mistake| wrong(value, told(mistake, &written)))?;
    match times.zero {
        Some((because, _)) if time.is_zero() => {
            Err(wrong(value, format_args!("`{name}` must be longer than 0: {because}")))
        }
        _ => Ok(Value::Time(time)),
    }
}

/// Describes what is wrong with a text, and what to write.
fn told(mistake: Mistake<'_>, text: &str) -> String {
    match mistake {
        Mistake::NoNumber => {
            format!("`\"{text}\"` is no duration: a number with its unit, like \"250ms\", \"30s\", \"5m\" or \"1h\"")
        }
        Mistake::NoUnit(number) => {
            format!("`\"{text}\"` says no unit: \"{number}s\" is seconds; the units are ms, s, m and h")
        }
        Mistake::UnknownUnit { number, meant } => {
            format!("`\"{text}\"` is no duration: the units are ms, s, m and h, like \"{number}{meant}\"")
        }
        Mistake::TooLong => format!("`\"{text}\"` is too long for a duration; `infinity` is without a limit"),
    }
}
