//! The values of options. What is written as a literal is judged here; a constant is left to the compiler, which evaluates
//! the runtime's own check of it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use quote::ToTokens as _;
use syn::{Expr, Lit, LitStr, Path};

use crate::options::active::Active;
use crate::options::blocks::{self, Block};
use crate::options::overload::{self, Overload};
use crate::options::packet::{self, Packet};
use crate::options::table::{Kind, Range, Spec};
use crate::options::{active, address, env, number as numbers, time};
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
    Blocks(Vec<Block>),
    Overload(Overload),
    AddressWithPort(SocketAddr),
    Packet(Packet),
    Active(Active),
    Crate(Path),
    IgnoreCase(bool),
}

/// Judges a value by what its option takes.
pub(super) fn judge(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    let by_env = !matches!(
        spec.kind,
        Kind::Byte | Kind::Case | Kind::Crate | Kind::Env | Kind::Packet | Kind::Active
    );
    if by_env && env::is_read(value.to_token_stream()) {
        let name = spec.name;
        let message = format!(
            "`{name}` is a constant, and the environment is read when the program starts: write `env = \"ECHO\"`, and `ECHO_{}` sets it; or give \
             it to `with(Echo, Echo::OPTIONS.{name}(…))`",
            name.to_uppercase()
        );
        return Err(wrong(value, message));
    }
    match spec.kind {
        Kind::Number(range) => number_in(spec, range, value),
        Kind::Time(times) => time::judge(spec, times, value),
        Kind::Address => address::judge(spec, value),
        Kind::Blocks => blocks::judge(spec, value),
        Kind::Overload => overload::judge(spec, value),
        Kind::AddressWithPort => address::judge_with_port(spec, value),
        Kind::Flag => flag(spec, value),
        Kind::Case => case(spec, value),
        Kind::Text => name(spec, value),
        Kind::Byte => byte(spec, value),
        Kind::Env => env::judge(spec, value),
        Kind::Packet => packet::parse(value).map(Value::Packet),
        Kind::Active => active::judge(spec, value),
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

/// What the attribute itself has to know can be no constant.
fn case(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Lit(literal) if let Lit::Bool(flag) = &literal.lit => Ok(Value::IgnoreCase(flag.value)),
        _ => Err(wrong(
            value,
            format_args!(
                "`{}` takes `true` or `false`, as the attribute has to know it, not `{}`",
                spec.name,
                text(value)
            ),
        )),
    }
}

fn byte(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    let is_byte = numbers::evaluate(value).is_some_and(|number| u8::try_from(number).is_ok());
    let meant = match bare_expr(value) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Byte(_) => return Ok(Value::Literal(value.clone())),
            Lit::Int(_) if is_byte => return Ok(Value::Literal(value.clone())),
            Lit::Char(letter) => Some(letter.value()),
            Lit::Str(text) => only(text.value().chars()),
            Lit::ByteStr(bytes) => only(bytes.value().into_iter().map(char::from)),
            _ => None,
        },
        _ if is_byte => return Ok(Value::Literal(value.clone())),
        _ if numbers::evaluate(value).is_none() => return constant_of(spec, value, "a byte"),
        _ => None,
    };
    let byte = meant.and_then(|letter| u8::try_from(letter).ok()).filter(u8::is_ascii);
    let example = byte.map_or_else(|| spec.example.to_owned(), byte_literal);
    Err(wrong(
        value,
        format_args!(
            "`{0}` takes a byte, like `{0} = {example}`, not `{1}`",
            spec.name,
            text(value)
        ),
    ))
}

/// A byte as a literal.
pub(crate) fn byte_literal(byte: u8) -> String {
    match byte {
        0 => "b'\\0'".to_owned(),
        byte => format!("b'{}'", byte.escape_ascii()),
    }
}

/// The one item, if it is one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

fn name(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    match literal_text(value) {
        Some(Ok(text)) if text.value().is_empty() => Err(wrong(
            value,
            "`name` must not be empty: leave the option out for a server without one",
        )),
        Some(Ok(text)) if text.value().contains(|c: char| c.is_ascii_control()) => Err(wrong(
            value,
            "`name` must not contain control characters, as it stands in each log line",
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
pub(super) fn literal_text(value: &Expr) -> Option<Result<&LitStr, &Lit>> {
    match bare_expr(value) {
        Expr::Lit(literal) => Some(match &literal.lit {
            Lit::Str(text) => Ok(text),
            other => Err(other),
        }),
        _ => None,
    }
}

pub(super) fn constant_of(spec: &Spec, value: &Expr, takes: &str) -> syn::Result<Value> {
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

pub(super) fn wrong(value: impl quote::ToTokens, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(value, message)
}
