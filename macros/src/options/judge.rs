//! Judges a value by its kind. Literals are judged here. Constants are left to the compiler, which
//! evaluates the runtime's own check of them.

use kai_tcp_server_spec::option::{Kind, Row};
use quote::ToTokens as _;
use syn::{Expr, ExprPath, Path, TypePath};

use crate::options::literal::wrong;
use crate::options::value::Value;
use crate::options::{
    active, address, blocks, byte, client, crate_path, env, flag, listeners, number, overload, packet, proxy_protocol,
    time, words,
};
use crate::syntax::{bare_expr, parent, text};

/// Judges a value by the kind of its option.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let by_env = !matches!(
        row.kind,
        Kind::Byte
            | Kind::Case
            | Kind::CratePath
            | Kind::Declared
            | Kind::Expression
            | Kind::States
            | Kind::Env
            | Kind::Packet
            | Kind::Active
            | Kind::Version(_)
    );
    if by_env && env::is_read(value.to_token_stream()) {
        let (name, word) = (row.name, row.word());
        let message = format!(
            "`{word}` is a constant, and the environment is read when the program starts: write `env = \"ECHO\"`, and `ECHO_{}` sets it; or give \
             it to `with(Echo, Echo::OPTIONS.{name}(…))`",
            name.to_uppercase()
        );
        return Err(wrong(value, message));
    }
    match row.kind {
        Kind::Number(range) => number::judge(row, range, value),
        Kind::Time(times) => time::judge(row, times, value),
        Kind::Address => address::judge(row, value),
        Kind::Blocks => blocks::judge(row, value),
        Kind::Listeners => listeners::judge(row, value),
        Kind::Overload => overload::judge(row, value),
        Kind::AddressWithPort => address::judge_with_port(row, value),
        Kind::Flag => flag::flag(row, value),
        Kind::Case => flag::case(row, value),
        Kind::Text(_) => words::judge(row, value),
        Kind::Texts(_) => words::judge_list(row, value),
        Kind::ProxyProtocol => proxy_protocol::judge(row, value),
        Kind::Byte => byte::judge(row, value),
        Kind::Env => env::judge(row, value),
        Kind::Packet => packet::parse(value).map(Value::Packet),
        Kind::Active => active::judge(row, value),
        Kind::CratePath => crate_path::judge(row, value),
        Kind::States => states(value),
        Kind::Expression => Ok(Value::Example(value.clone())),
        Kind::Declared => client::judge(row, value),
        Kind::Version(range) => number::judge(row, range, value).map(|_| Value::SessionVersion(value.clone())),
    }
}

/// Returns whether a path is that of a variant, as no module is written like a type.
fn is_a_variant(path: &Path) -> bool {
    let of = path.segments.iter().rev().nth(1);
    of.is_some_and(|of| of.ident.to_string().starts_with(char::is_uppercase))
}

/// Judges the value of `state`: the path of an enum.
fn states(value: &Expr) -> syn::Result<Value> {
    match bare_expr(value) {
        Expr::Path(ExprPath { qself: None, path, .. }) if is_a_variant(path) => Err(wrong(
            value,
            format_args!(
                "`state` takes the enum of the protocol's states, and `{}` is one of them: write `state = {}`",
                text(path),
                parent(path)
            ),
        )),
        Expr::Path(ExprPath { attrs, qself, path }) => Ok(Value::State(TypePath {
            attrs: attrs.clone(),
            qself: qself.clone(),
            path: path.clone(),
        })),
        _ => Err(wrong(
            value,
            format_args!(
                "`state` takes the enum of the protocol's states, like `state = Phase`, not `{}`",
                text(value)
            ),
        )),
    }
}
