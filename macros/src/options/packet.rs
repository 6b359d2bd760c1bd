//! The packet modes, as the attribute spells them.

use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative as _;
use syn::{BinOp, Expr, ExprCall, ExprLit, ExprPath, Lit, Path, Token, TypePath};

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
    /// The type of a codec.
    Codec(TypePath),
}

/// Every spelling.
const MODES: &str =
    "`raw`, `raw(N)`, `1`, `2`, `4`, `line`, `line(crlf)`, `line(lf)`, `line(crlf | lf)`, and the type of any codec";

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
            _ => type_of(expr).map(Packet::Codec).ok_or_else(|| unknown(expr)),
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
        Some(n) if n < 1 => Err(syn::Error::new_spanned(
            size,
            format_args!("`raw({n})` has no block: N is 1 or more; `raw` alone takes what comes"),
        )),
        Some(_) => Ok(Packet::RawExact(size.clone())),
        None => constant(size, "raw(N)", "a number of bytes").map(|()| Packet::RawExact(size.clone())),
    }
}

fn line(call: &ExprCall) -> syn::Result<Packet> {
    let end = call.args.first().filter(|_| call.args.len() == 1);
    end.and_then(line_end).ok_or_else(|| {
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

fn line_end(expr: &Expr) -> Option<Packet> {
    if let Expr::Binary(both) = bare_expr(expr) {
        let in_order = word(&both.left)? == "crlf" && word(&both.right)? == "lf";
        return (in_order && matches!(both.op, BinOp::BitOr(_))).then_some(Packet::LineCrlfOrLf);
    }
    match word(expr)?.as_str() {
        "crlf" => Some(Packet::LineCrlf),
        "lf" => Some(Packet::LineLf),
        _ => None,
    }
}

fn unknown(expr: &Expr) -> syn::Error {
    let name = word(expr).unwrap_or_default();
    let problem = match name.as_str() {
        "crlf" | "lf" => format!("a packet mode is `line({name})`, not `{name}` alone"),
        _ if LATER.contains(&name.as_str()) => format!("the packet mode `{name}` is not there yet"),
        _ => match suggest::nearest(&name, ["raw", "line"]) {
            Some(near) => format!("there is no packet mode `{name}`, but `{near}`"),
            None => format!("there is no packet mode `{}`", text(expr)),
        },
    };
    syn::Error::new_spanned(expr, format_args!("{problem}; there are {MODES}"))
}

/// The type of a codec, as a value: written as types are, `Codec<T>`, it is no expression.
pub(super) fn codec(input: ParseStream) -> Option<Expr> {
    let ahead = input.fork();
    let ty: TypePath = ahead.parse().ok()?;
    let ends = ahead.is_empty() || ahead.peek(Token![,]);
    (ends && is_type(&ty.path)).then(|| {
        input.advance_to(&ahead);
        let TypePath { attrs, qself, path } = ty;
        Expr::Path(ExprPath { attrs, qself, path })
    })
}

/// The type of a codec.
fn type_of(expr: &Expr) -> Option<TypePath> {
    match bare_expr(expr) {
        Expr::Path(ExprPath { attrs, qself, path }) if is_type(path) => Some(TypePath {
            attrs: attrs.clone(),
            qself: qself.clone(),
            path: path.clone(),
        }),
        _ => None,
    }
}

/// Whether a path is named as types are.
fn is_type(path: &Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
}
