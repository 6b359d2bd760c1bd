//! The option `client`: the name of the client that is declared, behind its visibility.

use kai_tcp_server_spec::option::Row;
use quote::quote;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token, Visibility};

use crate::options::literal::wrong;
use crate::options::value::{Client, Value};
use crate::syntax::word;

/// Parses a visibility and a name, if both stand here. They are no expression.
pub(super) fn declared(input: ParseStream) -> Option<Expr> {
    let ahead = input.fork();
    let (visibility, name) = parts(&ahead).ok()?;
    let is_alone = ahead.is_empty() || ahead.peek(Token![,]);
    if !is_alone || matches!(visibility, Visibility::Inherited) {
        return None;
    }
    input.advance_to(&ahead);
    Some(Expr::Verbatim(quote!(#visibility #name)))
}

fn parts(input: ParseStream) -> syn::Result<(Visibility, Ident)> {
    Ok((input.parse()?, input.parse()?))
}

/// Judges the value of `client`. Without a visibility the client is public, so that whoever reaches
/// the module sees it.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    if let Expr::Verbatim(tokens) = value
        && let Ok((visibility, name)) = parts.parse2(tokens.clone())
    {
        return Ok(Value::Client(Client { visibility, name }));
    }
    if word(value).is_some()
        && let Ok(name) = syn::parse2::<Ident>(quote!(#value))
    {
        let visibility = Visibility::Public(Token![pub](name.span()));
        return Ok(Value::Client(Client { visibility, name }));
    }
    Err(wrong(
        value,
        format_args!(
            "`client` takes the name of the type that it declares, like `client = {}`",
            row.example
        ),
    ))
}
