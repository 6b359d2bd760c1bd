//! The values of options. What is written as a literal is judged here; a constant is left to the compiler, which evaluates
//! the runtime's own check of it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use syn::{Expr, Lit, LitStr, Path};

use crate::options::packet::{self, Packet};
use crate::options::table::{Kind, Range, Spec, Times};
use crate::options::{number as numbers, time};
use crate::syntax::{bare_expr, text, word};

/// An option and its value.
pub(crate) struct Setting {
    pub(crate) spec: &'static Spec,
    pub(crate) value: Value,
}

/// A value that can be used, as far as that can be known here.
pub(crate) enum Value {
    /// As it was written: a number, text, `true`, `false`.
    Literal(Expr),
    /// An expression that only the compiler can evaluate.
    Constant(Expr),
    Time(Duration),
    Infinity,
    BrutalKill,
    Address(IpAddr),
    Packet(Packet),
    Active(Active),
    Crate(Path),
}

pub(crate) enum Active {
    False,
    True,
    Once,
    Count(Expr),
}

/// Judges a value by what its option takes.
pub(super) fn judge(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    match spec.kind {
        Kind::Number(range) => number_in(spec, range, value),
        Kind::Time(times) => time_of(spec, times, value),
        Kind::Address => address(spec, value),
        Kind::Flag => flag(spec, value),
        Kind::Text => name(spec, value),
        Kind::Packet => packet::parse(value).map(Value::Packet),
        Kind::Active => active(spec, value),
        Kind::Crate => path(spec, value),
    }
}

/// A whole number if it is one, None if it is a constant, an error if it is another literal.
pub(super) fn number(value: &Expr) -> syn::Result<Option<i128>> {
    match (numbers::evaluate(value), bare_expr(value)) {
        (Some(number), _) => Ok(Some(number)),
        (None, Expr::Lit(_)) => Err(wrong(
            value,
            format_args!("a whole number is expected here, not `{}`", text(value)),
        )),
        (None, _) => Ok(None),
    }
}

fn number_in(spec: &Spec, range: Range, value: &Expr) -> syn::Result<Value> {
    let Range {
        least,
        most,
        because,
        checked: _,
    } = range;
    let name = spec.name;
    let Ok(number) = number(value) else {
        let way_out = spec.example;
        return Err(wrong(
            value,
            format_args!(
                "`{name}` takes a whole number, like `{name} = {way_out}`, not `{}`",
                text(value)
            ),
        ));
    };
    match number {
        Some(n) if n < i128::from(least) => {
            let reason = if because.is_empty() {
                String::new()
            } else {
                format!(": {because}")
            };
            Err(wrong(value, format_args!("`{name}` must be at least {least}{reason}")))
        }
        Some(n) if n > i128::from(most) => Err(wrong(value, format_args!("`{name}` must be from {least} to {most}"))),
        Some(_) => Ok(Value::Literal(value.clone())),
        None => constant_of(spec, value, "a whole number"),
    }
}

fn time_of(spec: &Spec, times: Times, value: &Expr) -> syn::Result<Value> {
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
    if let Some(n) = numbers::evaluate(value) {
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
    let time = time::parse(&written).map_err(|problem| wrong(value, problem))?;
    match times.not_zero {
        Some(because) if time.is_zero() => Err(wrong(value, format_args!("`{name}` must be longer than 0: {because}"))),
        _ => Ok(Value::Time(time)),
    }
}

fn address(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    let Some(Ok(spelling)) = literal_text(value) else {
        return match bare_expr(value) {
            Expr::Lit(_) => Err(wrong(value, "`ip` takes an address as text, like `ip = \"0.0.0.0\"`")),
            _ => constant_of(spec, value, "an address as text, like \"0.0.0.0\""),
        };
    };
    let written = spelling.value();
    written.parse().map(Value::Address).map_err(|_| {
        let message = match written.as_str() {
            "localhost" => {
                "`ip` takes an address, not the name of a host: \"127.0.0.1\", which is the default".to_owned()
            }
            "*" | "" => "every address is \"0.0.0.0\", or \"::\" for both families".to_owned(),
            _ => match written.parse::<SocketAddr>() {
                Ok(both) => format!(
                    "the port has an option of its own: `ip = \"{}\", port = {}`",
                    both.ip(),
                    both.port()
                ),
                Err(_) => {
                    format!("`\"{written}\"` is no IP address: one looks like \"127.0.0.1\", \"0.0.0.0\" or \"::\"")
                }
            },
        };
        wrong(value, message)
    })
}

fn flag(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Lit(literal) if matches!(literal.lit, Lit::Bool(_)) => Ok(Value::Literal(value.clone())),
        Expr::Lit(_) => Err(wrong(
            value,
            format_args!("`{}` takes `true` or `false`, not `{}`", spec.name, text(value)),
        )),
        _ => constant_of(spec, value, "`true` or `false`"),
    }
}

fn name(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    match literal_text(value) {
        Some(Ok(text)) if text.value().is_empty() => Err(wrong(
            value,
            "`name` must not be empty: leave the option out for a server without one",
        )),
        Some(Ok(_)) => Ok(Value::Literal(value.clone())),
        Some(Err(_)) => Err(wrong(
            value,
            format_args!("`name` takes text: `name = \"{}\"`", text(value)),
        )),
        None => match word(value) {
            Some(word) if !is_constant_name(&word) => {
                Err(wrong(value, format_args!("`name` takes text: `name = \"{word}\"`")))
            }
            _ => constant_of(spec, value, "text"),
        },
    }
}

fn active(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    let takes = "`false`, `true`, `once` or a count of frames";
    let active = match (bare_expr(value), word(value).as_deref()) {
        (_, Some("once")) => Active::Once,
        (Expr::Lit(literal), _) => match &literal.lit {
            Lit::Bool(flag) if flag.value => Active::True,
            Lit::Bool(_) => Active::False,
            Lit::Int(_) => count(value)?,
            _ => {
                return Err(wrong(
                    value,
                    format_args!("`active` takes {takes}, not `{}`", text(value)),
                ));
            }
        },
        (_, None) if numbers::evaluate(value).is_some() => count(value)?,
        _ => {
            constant(value, spec.name, takes)?;
            Active::Count(value.clone())
        }
    };
    Ok(Value::Active(active))
}

fn count(value: &Expr) -> syn::Result<Active> {
    match numbers::evaluate(value) {
        Some(1..=0xffff_ffff) => Ok(Active::Count(value.clone())),
        Some(0) => Err(wrong(value, "`active` must count at least 1 frame; `false` is passive")),
        _ => Err(wrong(
            value,
            "`active` counts from 1 to 4294967295 frames; `true` is without a limit",
        )),
    }
}

fn path(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Path(path) if path.qself.is_none() => Ok(Value::Crate(path.path.clone())),
        _ => Err(wrong(
            value,
            format_args!("`crate` takes the path of this crate, like `crate = {}`", spec.example),
        )),
    }
}

/// The text of a literal; another literal is an Err, what is no literal is None.
fn literal_text(value: &Expr) -> Option<Result<&LitStr, &Lit>> {
    match bare_expr(value) {
        Expr::Lit(literal) => Some(match &literal.lit {
            Lit::Str(text) => Ok(text),
            other => Err(other),
        }),
        _ => None,
    }
}

fn constant_of(spec: &Spec, value: &Expr, takes: &str) -> syn::Result<Value> {
    constant(value, spec.name, takes).map(|()| Value::Constant(value.clone()))
}

/// Whether an expression can be a constant: a lower-case word is a value's misspelling rather than a constant's name.
pub(super) fn constant(value: &Expr, name: &str, takes: &str) -> syn::Result<()> {
    let name = name.trim_matches('`');
    match word(value) {
        Some(word) if !is_constant_name(&word) => Err(wrong(
            value,
            format_args!("`{name}` takes {takes}, or a constant, not `{word}`"),
        )),
        _ => Ok(()),
    }
}

fn is_constant_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_uppercase() || first == '_')
}

fn wrong(value: impl quote::ToTokens, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(value, message)
}
