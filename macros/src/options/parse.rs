//! Parses the attribute's tokens: `name = value, name = value`, where the names are known and a
//! value is any expression.

use kai_tcp_server_spec::option::{self, Kind, Row};
use kai_tcp_server_spec::suggest;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token, parse_quote};

use crate::options::packet;
use crate::report::Report;

/// An option as it is written.
pub(super) struct Given {
    pub(super) row: &'static Row,
    pub(super) name: Ident,
    pub(super) value: Expr,
}

/// Returns whether tokens that were reported for another mistake name an option, or nearly.
pub(super) fn tries_to_say(option: &str, tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => suggest::nearest(&ident.to_string(), [option]).is_some(),
        _ => false,
    })
}

pub(super) fn parse(tokens: TokenStream, report: &mut Report) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    let parser = |input: ParseStream| {
        while !input.is_empty() {
            match named(input) {
                Ok(option) => keep(option, &mut given, report),
                Err(error) => {
                    report.push(error);
                    skip(input)?;
                }
            }
            separator(input, report)?;
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        report.push(error);
    }
    given
}

/// Keeps an option, unless it was given before.
fn keep(option: Given, given: &mut Vec<Given>, report: &mut Report) {
    let name = option.row.name;
    if given.iter().any(|earlier| earlier.row.name == name) {
        report.error(option.name, format_args!("`{name}` is given twice: keep one of both"));
    } else {
        given.push(option);
    }
}

/// Skips to the next comma, after a mistake.
fn skip(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn separator(input: ParseStream, report: &mut Report) -> syn::Result<()> {
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    } else if !input.is_empty() {
        report.error_at(input.span(), "a `,` is missing before this");
        if !input.peek(Ident::peek_any) || !input.peek2(Token![=]) {
            skip(input)?;
            input.parse::<Option<Token![,]>>()?;
        }
    }
    Ok(())
}

fn named(input: ParseStream) -> syn::Result<Given> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("an option is expected here: `name = value`, like `port = 10000`"));
    }
    let name = input.call(Ident::parse_any)?;
    let row = option::find(&name.to_string()).ok_or_else(|| unknown(&name))?;
    if let Kind::Case = row.kind
        && (input.is_empty() || input.peek(Token![,]))
    {
        let value = parse_quote!(true);
        return Ok(Given { row, name, value });
    }
    equals(row, &name, input)?;
    if let Kind::Packet = row.kind
        && let Some(value) = packet::codec(input)
    {
        return Ok(Given { row, name, value });
    }
    let value = input.parse().map_err(|_| missing_value(row, &name))?;
    Ok(Given { row, name, value })
}

fn equals(row: &Row, name: &Ident, input: ParseStream) -> syn::Result<()> {
    let Row {
        name: option, example, ..
    } = row;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing_value(row, name));
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        let message = format!("`=` is expected here: an option is written `{option} = {example}`");
        return Err(input.error(message));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing_value(row, name));
    }
    Ok(())
}

fn missing_value(row: &Row, name: &Ident) -> syn::Error {
    let Row {
        name: option,
        example,
        default,
        is,
        ..
    } = row;
    let meaning = match row.kind {
        Kind::Packet => packet::spellings(),
        _ => (*is).to_owned(),
    };
    let message = format!("`{option}` needs a value, like `{option} = {example}`: {meaning} (by default: {default})");
    syn::Error::new_spanned(name, message)
}

fn unknown(name: &Ident) -> syn::Error {
    let word = name.to_string();
    let message = if let Some(why) = option::gone(&word) {
        why.to_owned()
    } else if let Some(option) = option::called_elsewhere(&word) {
        format!("there is no option `{word}`: it's called `{}` here", option.name)
    } else if let Some(option) = suggest::nearest(&word, option::names()) {
        format!("there is no option `{word}`: did you mean `{option}`?")
    } else {
        format!(
            "there is no option `{word}`; there are {}",
            suggest::all_of(option::names())
        )
    };
    syn::Error::new_spanned(name.to_token_stream(), message)
}
