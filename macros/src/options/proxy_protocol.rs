//! The option `proxy_protocol`: `off`, `optional` or `required`.

use kai_tcp_server_spec::option::Row;
use syn::{Expr, Lit};

use crate::options::literal::{constant_of, wrong};
use crate::options::value::{ProxyProtocol, Value};
use crate::syntax::{bare_expr, text, word};

const TAKES: &str = "`required`, `optional` or `off`";

/// Judges the value of `proxy_protocol`.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let name = row.word();
    let mode = match (bare_expr(value), word(value).as_deref()) {
        (_, Some(word)) if let Some(mode) = named(word) => mode,
        (Expr::Lit(literal), _) => {
            let meant = match &literal.lit {
                Lit::Str(spelling) if named(&spelling.value()).is_some() => {
                    return Err(wrong(
                        value,
                        format_args!("write `{name} = {}`, without quotes", spelling.value()),
                    ));
                }
                Lit::Bool(flag) if !flag.value => "off",
                _ => "required",
            };
            let written = text(value);
            return Err(wrong(
                value,
                format_args!("`{name}` takes {TAKES}, like `{name} = {meant}`, not `{written}`"),
            ));
        }
        _ => return constant_of(row, value, TAKES),
    };
    Ok(Value::ProxyProtocol(mode))
}

fn named(word: &str) -> Option<ProxyProtocol> {
    match word {
        "off" => Some(ProxyProtocol::Off),
        "optional" => Some(ProxyProtocol::Optional),
        "required" => Some(ProxyProtocol::Required),
        _ => None,
    }
}
