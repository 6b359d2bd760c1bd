//! The option `packet`: reads packet modes and codecs.

use kai_tcp_server_spec::packet::{self, MODES};
use kai_tcp_server_spec::suggest;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative as _;
use syn::{BinOp, Expr, ExprCall, ExprLit, ExprPath, Lit, Path, Token, TypePath};

use crate::options::literal::constant;
use crate::options::number;
use crate::options::value::Packet;
use crate::syntax::{bare_expr, text, word};

/// Lists all spellings.
pub(super) fn spellings() -> String {
    let modes = MODES.iter().map(|mode| format!("`{}`, ", mode.row().spelling));
    modes.collect::<String>() + "and the type of any codec"
}

/// Returns the mode of this word.
fn named(word: &str) -> Option<Packet> {
    packet::find(word).filter(|mode| mode.row().is_word()).map(Packet::Mode)
}

/// Reads a packet mode.
pub(super) fn parse(expr: &Expr) -> syn::Result<Packet> {
    match bare_expr(expr) {
        Expr::Lit(literal) => literal_mode(literal),
        Expr::Call(call) => match word(&call.func).as_deref() {
            Some("raw") => raw(call),
            Some("line") => line(call),
            _ => Err(unknown(expr)),
        },
        expr => match word(expr).as_deref().and_then(named) {
            Some(mode) => Ok(mode),
            None => type_of(expr).map(Packet::Codec).ok_or_else(|| unknown(expr)),
        },
    }
}

fn literal_mode(literal: &ExprLit) -> syn::Result<Packet> {
    let problem = match &literal.lit {
        Lit::Int(int) => match packet::find(int.base10_digits()) {
            Some(mode) => return Ok(Packet::Mode(mode)),
            None => format!(
                "no packet mode has a header of {int} bytes: it has {}; blocks of N bytes are `raw(N)`",
                headers()
            ),
        },
        Lit::Str(spelling) if syn::parse_str::<Expr>(&spelling.value()).is_ok_and(|mode| parse(&mode).is_ok()) => {
            format!(
                "a packet mode is written without quotes: `packet = {}`",
                spelling.value()
            )
        }
        _ => format!("{} is no packet mode: there are {}", text(literal), spellings()),
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
    match number::whole(size)? {
        Some(n) if n < 1 => Err(syn::Error::new_spanned(
            size,
            format_args!("`raw({n})` has no block: N is 1 or more; `raw` alone takes what comes"),
        )),
        Some(_) => Ok(Packet::Block(size.clone())),
        None => constant(size, "raw(N)", "a number of bytes").map(|()| Packet::Block(size.clone())),
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
    let end = match bare_expr(expr) {
        Expr::Binary(both) if matches!(both.op, BinOp::BitOr(_)) => {
            format!("{} | {}", word(&both.left)?, word(&both.right)?)
        }
        end => word(end)?,
    };
    packet::find(&format!("line({end})")).map(Packet::Mode)
}

/// Lists the header sizes that are modes, for a message.
fn headers() -> String {
    let spellings = MODES.iter().map(|mode| mode.row().spelling);
    let sizes = spellings.filter(|spelling| spelling.starts_with(|first: char| first.is_ascii_digit()));
    suggest::join(sizes.map(|size| format!("`{size}`")), "or")
}

fn unknown(expr: &Expr) -> syn::Error {
    let name = word(expr).unwrap_or_default();
    let words = MODES.iter().map(|mode| mode.row()).filter(|row| row.is_word());
    let words = words.map(|row| row.spelling);
    let problem = match name.as_str() {
        "crlf" | "lf" => format!("a packet mode is `line({name})`, not `{name}` alone"),
        "http_bin" | "httph_bin" => {
            let mode = name.trim_end_matches("_bin");
            return syn::Error::new_spanned(
                expr,
                format_args!(
                    "frames are bytes here in any case, so `{name}` is called `{mode}`: write `packet = {mode}`"
                ),
            );
        }
        "ssl_tls" => "`ssl_tls` is no packet mode here: gen_tcp keeps it for its own TLS".to_owned(),
        "sunrpc" | "rpc" => format!("there is no packet mode `{name}`, but `sunrm`"),
        _ => match suggest::nearest(&name, words) {
            Some(near) => format!("there is no packet mode `{name}`, but `{near}`"),
            None => format!("there is no packet mode `{}`", text(expr)),
        },
    };
    syn::Error::new_spanned(expr, format_args!("{problem}; there are {}", spellings()))
}

/// Reads the type of a codec as a value. Written as types are, `Codec<T>` isn't an expression.
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

/// Returns the type of a codec.
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

/// Returns whether a path is named as types are.
fn is_type(path: &Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
}
