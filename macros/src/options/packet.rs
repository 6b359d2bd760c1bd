//! The packet modes, as the attribute spells them.

use syn::{BinOp, Expr, ExprCall, ExprLit, Lit};

use crate::options::value::{self, constant};
use crate::suggest;
use crate::syntax::{bare_expr, text, word};

/// A packet mode.
pub(crate) enum Packet {
    Raw,
    RawExact(Expr),
    One,
    Two,
    Four,
    Line,
    LineCrlf,
    LineLf,
    LineCrlfOrLf,
}

/// Every spelling.
const MODES: &str = "`raw`, `raw(N)`, `1`, `2`, `4`, `line`, `line(crlf)`, `line(lf)` and `line(crlf | lf)`";

/// The modes that are planned; until then each is an error that lists what exists.
const LATER: [&str; 8] = ["asn1", "cdr", "sunrm", "fcgi", "tpkt", "http", "httph", "ssl_tls"];

/// Reads a packet mode.
pub(super) fn parse(expr: &Expr) -> syn::Result<Packet> {
    match bare_expr(expr) {
        Expr::Lit(literal) => literal_mode(literal),
        Expr::Call(call) => match word(&call.func).as_deref() {
            Some("raw") => raw(call),
            Some("line") => line(call),
            _ => Err(unknown(expr)),
        },
        expr => match word(expr).as_deref() {
            Some("raw") => Ok(Packet::Raw),
            Some("line") => Ok(Packet::Line),
            _ => Err(unknown(expr)),
        },
    }
}

fn literal_mode(literal: &ExprLit) -> syn::Result<Packet> {
    let problem = match &literal.lit {
        Lit::Int(int) => match int.base10_digits() {
            "1" => return Ok(Packet::One),
            "2" => return Ok(Packet::Two),
            "4" => return Ok(Packet::Four),
            _ => format!(
                "no packet mode has a header of {int} bytes: it has `1`, `2` or `4`; blocks of N bytes are `raw(N)`"
            ),
        },
        Lit::Str(spelling) if syn::parse_str::<Expr>(&spelling.value()).is_ok_and(|mode| parse(&mode).is_ok()) => {
            format!(
                "a packet mode is written without quotes: `packet = {}`",
                spelling.value()
            )
        }
        _ => format!("{} is no packet mode: there are {MODES}", text(literal)),
    };
    Err(syn::Error::new_spanned(literal, problem))
}

fn raw(call: &ExprCall) -> syn::Result<Packet> {
    let Some(size) = call.args.first().filter(|_| call.args.len() == 1) else {
        return Err(syn::Error::new_spanned(
            call,
            "`raw(N)` takes one number, the size of a block; `raw` alone takes what comes",
        ));
    };
    match value::number(size)? {
        Some(1..=0xffff_ffff) => Ok(Packet::RawExact(size.clone())),
        Some(n) => Err(syn::Error::new_spanned(
            size,
            format_args!("`raw({n})` has no block: N is 1 or more; `raw` alone takes what comes"),
        )),
        None => constant(size, "`raw(N)`", "a number of bytes").map(|()| Packet::RawExact(size.clone())),
    }
}

fn line(call: &ExprCall) -> syn::Result<Packet> {
    let ends = |expr: &Expr| match word(expr).as_deref() {
        Some("crlf") => Some(Packet::LineCrlf),
        Some("lf") => Some(Packet::LineLf),
        _ => None,
    };
    let mode = match call.args.first().map(bare_expr) {
        Some(Expr::Binary(both)) if matches!(both.op, BinOp::BitOr(_)) => {
            match (word(&both.left).as_deref(), word(&both.right).as_deref()) {
                (Some("crlf"), Some("lf")) => Some(Packet::LineCrlfOrLf),
                (Some("lf"), Some("crlf")) => {
                    return Err(syn::Error::new_spanned(
                        both,
                        "write `line(crlf | lf)`: both end a line, and replies get CR LF",
                    ));
                }
                _ => None,
            }
        }
        Some(end) => ends(end),
        None => None,
    };
    mode.filter(|_| call.args.len() == 1).ok_or_else(|| {
        let message = format!(
            "`{}` is no packet mode: a line ends as `line(crlf)`, `line(lf)` or `line(crlf | lf)` says; `line` alone leaves \
             the terminator in the frame",
            text(call)
        );
        if call.args.is_empty() {
            syn::Error::new_spanned(call, message)
        } else {
            syn::Error::new_spanned(&call.args, message)
        }
    })
}

fn unknown(expr: &Expr) -> syn::Error {
    let spelling = text(expr);
    let name = word(expr).unwrap_or_default();
    let near = suggest::nearest(&name, ["raw", "line"]);
    let message = match near {
        _ if LATER.contains(&name.as_str()) => format!("the packet mode `{name}` is not there yet: there are {MODES}"),
        _ if name == "crlf" || name == "lf" => format!("write `packet = line({name})`"),
        Some(near) => format!("there is no packet mode `{spelling}`: did you mean `{near}`? There are {MODES}"),
        None => format!("there is no packet mode `{spelling}`: there are {MODES}"),
    };
    syn::Error::new_spanned(expr, message)
}
