//! How values are written as text: in the environment, in files, in listings. But for the quotes it is the attribute's spelling.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::log::Quoted;
use crate::options::cidr::Cidr;
use crate::options::overload::{self, Overload, Spelled};
use crate::options::{BRUTAL_KILL, INFINITY};

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Number(u64),
    Flag(bool),
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => number.fmt(f),
            Value::Flag(flag) => flag.fmt(f),
            Value::Text(text) => text.fmt(f),
        }
    }
}

/// The units, each in milliseconds, from the largest.
const UNITS: [(&str, u64); 4] = [("h", 60 * 60 * 1000), ("m", 60 * 1000), ("s", 1000), ("ms", 1)];

/// Reads a whole number from 0 to `most`.
pub(super) fn number(option: &str, text: &str, most: u64) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{option} takes a whole number, not {}", in_quotes(text)));
    }
    match text.parse() {
        Ok(number) if number <= most => Ok(number),
        _ => Err(format!("{option} must not exceed {most}")),
    }
}

pub(super) fn flag(option: &str, text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| format!("{option} takes true or false, not {}", in_quotes(text)))
}

/// Reads a duration: a number with its unit, or `infinity`, or `brutal_kill` where that is one.
pub(super) fn time(option: &str, text: &str, brutal_kill: bool) -> Result<Duration, String> {
    match text {
        "infinity" => return Ok(INFINITY),
        "brutal_kill" if brutal_kill => return Ok(BRUTAL_KILL),
        "brutal_kill" => {
            return Err(format!(
                "{option} takes a duration or infinity; brutal_kill is a shutdown"
            ));
        }
        _ => {}
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| !number.is_empty() && *name == unit);
    let Some((_, milliseconds)) = unit else {
        let way_out = if digits > 0 && digits == text.len() {
            format!("{}s is seconds, {}ms milliseconds", Quoted(text), Quoted(text))
        } else {
            "250ms, 30s, 5m, 1h or infinity".to_owned()
        };
        return Err(format!(
            "{option} takes a number with its unit, not {}: {way_out}",
            in_quotes(text)
        ));
    };
    number
        .parse()
        .ok()
        .and_then(|number: u64| number.checked_mul(*milliseconds))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{option} can't be so long; infinity is without a limit"))
}

/// Writes a duration, so that it is read as the same.
pub(super) fn write_time(time: Duration) -> Value {
    let Ok(milliseconds) = u64::try_from(time.as_millis()) else {
        return Value::Text("infinity".to_owned()); // so, or five hundred million years
    };
    if !time.subsec_nanos().is_multiple_of(1_000_000) {
        // Nothing but the builder can say it.
        return Value::Text(format!("{time:?}"));
    }
    if milliseconds == 0 {
        return Value::Text("0s".to_owned());
    }
    let whole = |unit: &&(&str, u64)| milliseconds.is_multiple_of(unit.1);
    let (unit, size) = UNITS.iter().find(whole).unwrap_or(&("ms", 1));
    Value::Text(format!("{}{unit}", milliseconds / size))
}

pub(super) fn address(option: &str, text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| match text.parse::<SocketAddr>() {
        Ok(both) => format!(
            "{option} takes an address alone, {}: the port is an option of its own",
            both.ip()
        ),
        Err(_) => format!(
            "{option} takes an IP address, like 127.0.0.1, 0.0.0.0 or ::, not {}",
            in_quotes(text)
        ),
    })
}

pub(super) fn address_with_port(option: &str, text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| match text.parse::<IpAddr>() {
        Ok(ip) => format!(
            "{option} takes an address with its port, like {}",
            SocketAddr::new(ip, 9000)
        ),
        Err(_) => format!(
            "{option} takes an address with its port, like 127.0.0.1:9000 or [::1]:9000, not {}",
            in_quotes(text)
        ),
    })
}

pub(super) fn overload(option: &str, text: &str) -> Result<Overload, String> {
    match overload::parse(text) {
        Some(Spelled::Word(overload)) => Ok(overload),
        Some(Spelled::With(words)) => Ok(Overload::RefuseWith(lasting(&BYTES, &words))),
        None => Err(format!(
            "{option} takes backlog, refuse or refuse(b\"busy\\r\\n\"), not {}",
            in_quotes(text)
        )),
    }
}

/// Reads blocks of addresses, with commas between them.
pub(super) fn blocks(option: &str, text: &str) -> Result<&'static [Cidr], String> {
    let block = |text: &str| text.trim().parse::<Cidr>();
    let blocks: Result<Vec<Cidr>, _> = text.split(',').map(block).collect();
    blocks
        .map(|blocks| lasting(&BLOCKS, &blocks))
        .map_err(|error| format!("{option}: {error}"))
}

/// None where there are none.
pub(super) fn write_blocks(blocks: &[Cidr]) -> Option<Value> {
    let blocks: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    (!blocks.is_empty()).then(|| Value::Text(blocks.join(", ")))
}

/// Returns text that lasts as long as the process.
pub(super) fn lasting_text(text: &str) -> &'static str {
    str::from_utf8(lasting(&BYTES, text.as_bytes())).unwrap_or_default()
}

type Kept<T> = Mutex<Vec<&'static [T]>>;

static BYTES: Kept<u8> = Mutex::new(Vec::new());
static BLOCKS: Kept<Cidr> = Mutex::new(Vec::new());

/// Returns a list that lasts as long as the process: `Options` is `Copy` and const, so it can't own one.
///
/// Equal lists are kept once. Otherwise each reading of a file with 100 blocks would leak 1,800 bytes,
/// which is 2.6 MB a day where a program reloads its options once a minute.
fn lasting<T: Clone + PartialEq>(kept: &Kept<T>, items: &[T]) -> &'static [T] {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.iter().find(|kept| **kept == items) {
        return same;
    }
    let items: &'static [T] = Box::leak(items.into());
    kept.push(items);
    items
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", Quoted(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_kept_once_however_often_it_is_read() {
        let kept = lasting_text("kept");
        assert!(std::ptr::eq(kept, lasting_text("kept")));
        assert_eq!(lasting_text("another"), "another");
        assert!(std::ptr::eq(kept, lasting_text("kept")));
    }

    #[test]
    fn blocks_and_words_are_kept_once_too() {
        let blocks = || blocks("allow", "10.0.0.0/8, ::1").expect("blocks");
        let words = || match overload("overload", r#"refuse(b"busy\r\n")"#) {
            Ok(Overload::RefuseWith(words)) => words,
            other => panic!("{other:?}"),
        };
        assert!(std::ptr::eq(blocks(), blocks()));
        assert!(std::ptr::eq(words(), words()));
    }
}
