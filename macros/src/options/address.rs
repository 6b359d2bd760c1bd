//! Options that are addresses: `ip`, and addresses with a port.

use std::net::{IpAddr, SocketAddr};

use kai_tcp_server_spec::option::Row;
use syn::Expr;

use crate::options::literal::{constant_of, literal_text, wrong};
use crate::options::value::Value;
use crate::syntax::bare_expr;

/// Judges the value of `ip`.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let Some(Ok(spelling)) = literal_text(value) else {
        return if number(value) {
            Err(wrong(value, "`ip` takes an address as text, like `ip = \"0.0.0.0\"`"))
        } else {
            constant_of(row, value, "an address as text, like \"0.0.0.0\"")
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

/// Judges the value of an option that takes an address with its port.
pub(super) fn judge_with_port(row: &Row, value: &Expr) -> syn::Result<Value> {
    let (name, example) = (row.word(), row.example);
    let Some(Ok(spelling)) = literal_text(value) else {
        return if number(value) {
            Err(wrong(
                value,
                format_args!("`{name}` takes an address with its port as text, like `{name} = {example}`"),
            ))
        } else {
            constant_of(row, value, &format!("an address with its port as text, like {example}"))
        };
    };
    let written = spelling.value();
    written.parse().map(Value::AddressWithPort).map_err(|_| {
        let way_out = written.parse::<IpAddr>().map_or_else(
            |_| (*example).to_owned(),
            |ip| format!("\"{}\"", SocketAddr::new(ip, 9000)),
        );
        wrong(
            value,
            format_args!("`{name}` takes an address with its port, like `{name} = {way_out}`, not `\"{written}\"`"),
        )
    })
}

/// Returns whether the value is a literal, or several with dots between them: an address without
/// quotes.
fn number(value: &Expr) -> bool {
    match bare_expr(value) {
        Expr::Lit(_) => true,
        Expr::Field(field) => number(&field.base),
        _ => false,
    }
}
