//! Values as text: in the environment, in files, in listings. But for the quotes it is the
//! attribute's spelling.
//!
//! One impl of [`Field`] for each type that a field of `Options` has: all that an option of that
//! type needs, beside its row.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kai_tcp_server_spec::duration::{self, Mistake};
use kai_tcp_server_spec::option::{Kind, Row, Time};

use crate::log::Quoted;
use crate::options::cidr::Cidr;
use crate::options::lasting;
use crate::options::overload::{self, Overload, Spelled};
use crate::options::proxy_protocol::ProxyProtocol;
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

/// The type of a field of `Options` that can be changed when a server starts.
pub(super) trait Field: Sized {
    /// The value, if there is one.
    fn value(&self, row: &Row) -> Option<Value>;

    /// Reads a value; an error says what is wrong with the text. Whether the value will do is asked
    /// of `problem`.
    fn read(row: &Row, text: &str) -> Result<Self, String>;

    /// What is wrong with the value, whatever the other options are.
    fn problem(&self, _: &Row) -> Option<Cow<'static, str>> {
        None
    }
}

/// A value that is optional. `none`, as listings write it, takes away what the attribute has set.
impl<T: Field> Field for Option<T> {
    fn value(&self, row: &Row) -> Option<Value> {
        self.as_ref()?.value(row)
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(None),
            _ => T::read(row, text).map(Some),
        }
    }

    fn problem(&self, row: &Row) -> Option<Cow<'static, str>> {
        self.as_ref()?.problem(row)
    }
}

macro_rules! numbers {
    ($($number:ident),*) => {$(
        impl Field for $number {
            fn value(&self, _: &Row) -> Option<Value> {
                u64::try_from(*self).ok().map(Value::Number)
            }

            fn read(row: &Row, text: &str) -> Result<Self, String> {
                let name = row.name;
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(format!("{name} takes a whole number, not {}", in_quotes(text)));
                }
                text.parse().map_err(|_| format!("{name} must not exceed {}", $number::MAX))
            }

            fn problem(&self, row: &Row) -> Option<Cow<'static, str>> {
                row.judge_number(u64::try_from(*self).unwrap_or(u64::MAX)).map(Cow::Borrowed)
            }
        }
    )*};
}

numbers!(u16, u32, usize);

impl Field for Duration {
    fn value(&self, row: &Row) -> Option<Value> {
        if *self == BRUTAL_KILL && takes_brutal_kill(row) {
            return Some(Value::Text("brutal_kill".to_owned()));
        }
        Some(Value::Text(match duration::write(*self) {
            Some(text) => text,
            // [`INFINITY`], or five hundred million years.
            None if self.as_millis() > u64::MAX.into() => "infinity".to_owned(),
            // Nothing but the builder can say it.
            None => format!("{self:?}"),
        }))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        let option = row.name;
        match text {
            "infinity" => return Ok(INFINITY),
            "brutal_kill" if takes_brutal_kill(row) => return Ok(BRUTAL_KILL),
            "brutal_kill" => {
                return Err(format!(
                    "{option} takes a duration or infinity; brutal_kill is a shutdown"
                ));
            }
            _ => {}
        }
        duration::parse(text).map_err(|mistake| {
            let way_out = match mistake {
                Mistake::TooLong => return format!("{option} can't be so long; infinity is without a limit"),
                Mistake::NoNumber => "250ms, 30s, 5m, 1h or infinity".to_owned(),
                Mistake::NoUnit(number) => {
                    let number = Quoted(number);
                    format!("{number}s is seconds, {number}ms milliseconds")
                }
                Mistake::UnknownUnit { number, meant } => {
                    format!("the units are ms, s, m and h, like {}{meant}", Quoted(number))
                }
            };
            format!(
                "{option} takes a number with its unit, not {}: {way_out}",
                in_quotes(text)
            )
        })
    }

    fn problem(&self, row: &Row) -> Option<Cow<'static, str>> {
        row.judge_time(*self).map(Cow::Borrowed)
    }
}

fn takes_brutal_kill(row: &Row) -> bool {
    matches!(row.kind, Kind::Time(Time { brutal_kill: true, .. }))
}

impl Field for bool {
    fn value(&self, _: &Row) -> Option<Value> {
        Some(Value::Flag(*self))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("{} takes true or false, not {}", row.name, in_quotes(text)))
    }
}

impl Field for IpAddr {
    fn value(&self, _: &Row) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        let name = row.name;
        text.parse().map_err(|_| match text.parse::<SocketAddr>() {
            Ok(both) => format!(
                "{name} takes an address alone, {}: the port is an option of its own",
                both.ip()
            ),
            Err(_) => format!(
                "{name} takes an IP address, like 127.0.0.1, 0.0.0.0 or ::, not {}",
                in_quotes(text)
            ),
        })
    }
}

impl Field for SocketAddr {
    fn value(&self, _: &Row) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        let name = row.name;
        text.parse().map_err(|_| match text.parse::<IpAddr>() {
            Ok(ip) => format!(
                "{name} takes an address with its port, like {}",
                SocketAddr::new(ip, 9000)
            ),
            Err(_) => format!(
                "{name} takes an address with its port, like 127.0.0.1:9000 or [::1]:9000, not {}",
                in_quotes(text)
            ),
        })
    }
}

impl Field for &'static str {
    fn value(&self, _: &Row) -> Option<Value> {
        Some(Value::Text((*self).to_owned()))
    }

    fn read(_: &Row, text: &str) -> Result<Self, String> {
        Ok(lasting::text(text))
    }

    fn problem(&self, row: &Row) -> Option<Cow<'static, str>> {
        row.judge_text(self).map(Cow::Borrowed)
    }
}

/// With commas between them.
impl Field for &'static [&'static str] {
    fn value(&self, _: &Row) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Text(self.join(", ")))
    }

    fn read(_: &Row, text: &str) -> Result<Self, String> {
        let texts: Vec<&'static str> = text.split(',').map(|text| lasting::text(text.trim())).collect();
        Ok(lasting::texts(&texts))
    }

    fn problem(&self, row: &Row) -> Option<Cow<'static, str>> {
        self.iter().find_map(|text| row.judge_text(text)).map(Cow::Borrowed)
    }
}

impl Field for ProxyProtocol {
    fn value(&self, _: &Row) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        ProxyProtocol::ALL
            .into_iter()
            .find(|mode| mode.to_string() == text)
            .ok_or_else(|| format!("{} takes off, optional or required, not {}", row.name, in_quotes(text)))
    }
}

impl Field for Overload {
    fn value(&self, _: &Row) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        match overload::parse(text) {
            Some(Spelled::Word(overload)) => Ok(overload),
            Some(Spelled::With(words)) => Ok(Overload::RefuseWith(lasting::bytes(&words))),
            None => Err(format!(
                "{} takes backlog, refuse or refuse(b\"busy\\r\\n\"), not {}",
                row.name,
                in_quotes(text)
            )),
        }
    }
}

/// With commas between them.
impl Field for &'static [Cidr] {
    fn value(&self, _: &Row) -> Option<Value> {
        let blocks: Vec<String> = self.iter().map(ToString::to_string).collect();
        (!blocks.is_empty()).then(|| Value::Text(blocks.join(", ")))
    }

    fn read(row: &Row, text: &str) -> Result<Self, String> {
        let block = |text: &str| text.trim().parse::<Cidr>();
        let blocks: Result<Vec<Cidr>, _> = text.split(',').map(block).collect();
        blocks
            .map(|blocks| lasting::blocks(&blocks))
            .map_err(|error| format!("{}: {error}", row.name))
    }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", Quoted(text))
}
