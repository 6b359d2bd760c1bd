//! Parses the attribute's tokens: `name = value, group(name = value), name = value`, where the
//! names are known and a value is any expression.

use kai_tcp_server_spec::option::{self, Kind, ROWS, Row};
use kai_tcp_server_spec::suggest;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token, parse_quote, token};

use crate::options::{client, packet};
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
    let parser = |input: ParseStream| list(None, input, &mut given, report);
    if let Err(error) = parser.parse2(tokens) {
        report.push(error);
    }
    given
}

/// Parses options with commas between them, all of one group or of none.
fn list(group: Option<&str>, input: ParseStream, given: &mut Vec<Given>, report: &mut Report) -> syn::Result<()> {
    while !input.is_empty() {
        let parsed = match group_ahead(group, input) {
            Some(inner) => grouped(inner, input, given, report),
            None => named(group, input).map(|option| keep(option, given, report)),
        };
        if let Err(error) = parsed {
            report.push(error);
            skip(input)?;
        }
        separator(input, report)?;
    }
    Ok(())
}

/// Returns the group that begins here, if one does.
fn group_ahead(group: Option<&str>, input: ParseStream) -> Option<&'static str> {
    let name = input.fork().call(Ident::parse_any).ok()?;
    let named = |group: &&str| name == group;
    (group.is_none() && input.peek2(token::Paren)).then(|| option::GROUPS.into_iter().find(named))?
}

/// Parses `tls(name = value, name = value)`.
fn grouped(group: &'static str, input: ParseStream, given: &mut Vec<Given>, report: &mut Report) -> syn::Result<()> {
    let name = input.call(Ident::parse_any)?;
    let content;
    syn::parenthesized!(content in input);
    if content.is_empty() {
        return Err(syn::Error::new_spanned(
            name,
            format_args!("`{group}()` says nothing: write `{}`", example_of(group)),
        ));
    }
    list(Some(group), &content, given, report)
}

fn example_of(group: &str) -> String {
    let options = ROWS.iter().filter(|row| row.group() == Some(group)).take(2);
    let options: Vec<String> = options.map(|row| format!("{} = {}", row.word(), row.example)).collect();
    format!("{group}({})", options.join(", "))
}

/// Keeps an option, unless it was given before.
fn keep(option: Given, given: &mut Vec<Given>, report: &mut Report) {
    let name = option.row.name;
    if given.iter().any(|earlier| earlier.row.name == name) {
        let name = option.row.word();
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

fn named(group: Option<&str>, input: ParseStream) -> syn::Result<Given> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("an option is expected here: `name = value`, like `port = 10000`"));
    }
    let name = input.call(Ident::parse_any)?;
    let row = find(group, &name)?;
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
    if let Kind::Declared = row.kind
        && let Some(value) = client::declared(input)
    {
        return Ok(Given { row, name, value });
    }
    let value = input.parse().map_err(|_| missing_value(row, &name))?;
    Ok(Given { row, name, value })
}

fn equals(row: &Row, name: &Ident, input: ParseStream) -> syn::Result<()> {
    let (option, example) = (row.word(), row.example);
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
        example, default, is, ..
    } = row;
    let option = row.word();
    let meaning = match row.kind {
        Kind::Packet => packet::spellings(),
        _ => (*is).to_owned(),
    };
    let message = format!("`{option}` needs a value, like `{option} = {example}`: {meaning} (by default: {default})");
    syn::Error::new_spanned(name, message)
}

/// Finds the option of a name, in a group or outside.
fn find(group: Option<&str>, name: &Ident) -> syn::Result<&'static Row> {
    let word = name.to_string();
    let in_group = |row: &&Row| row.group() == group && row.word() == word;
    ROWS.iter().find(in_group).ok_or_else(|| unknown(group, name, &word))
}

fn unknown(group: Option<&str>, name: &Ident, word: &str) -> syn::Error {
    let groups = move || option::GROUPS.into_iter().filter(move |_| group.is_none());
    let in_group = move |row: &&Row| row.group() == group;
    let words = || ROWS.iter().filter(in_group).map(Row::word).chain(groups());
    let elsewhere = option::find(word)
        .or_else(|| option::called_elsewhere(word))
        .or_else(|| ROWS.iter().find(|row| row.word() == word));
    let message = if let Some(why) = option::gone(word) {
        why.to_owned()
    } else if group.is_none() && ["tls", "ssl"].contains(&word) {
        format!("TLS is written in parentheses: `{}`", example_of("tls"))
    } else if group.is_none() && word == "record" {
        format!("a recording is written in parentheses: `{}`", example_of("record"))
    } else if let Some(option) = elsewhere {
        let meant = option.word();
        match option.group() {
            inside if inside == group => format!("there is no option `{word}`: it's called `{meant}` here"),
            Some(group) => format!(
                "there is no option `{word}`: it's written `{group}({meant} = {})`",
                option.example
            ),
            None => format!("there is no option `{word}` in these parentheses: write `{meant}` outside of them"),
        }
    } else if let Some(option) = suggest::nearest(word, words()) {
        format!("there is no option `{word}`: did you mean `{option}`?")
    } else {
        format!("there is no option `{word}`; there are {}", suggest::all_of(words()))
    };
    syn::Error::new_spanned(name.to_token_stream(), message)
}
