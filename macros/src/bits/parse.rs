//! Parses a layout: `value`, or `value: type`, separated by commas.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Expr, Ident, Result, Token, bracketed, token};

use super::field::{Field, Form, Role, Size};
use super::length::Length;
use super::number::{Number, TYPES};
use super::value;
use crate::report::Report;
use crate::syntax::text;

/// Returns the fields of a layout, except those with a mistake.
pub(crate) fn fields(tokens: TokenStream, role: Role, report: &mut Report) -> Vec<Field> {
    let fields = |input: ParseStream| {
        let mut fields = Vec::new();
        while !input.is_empty() {
            match field(input, role) {
                Ok(field) => fields.push(field),
                Err(error) => report.push(error),
            }
            skip(input)?;
        }
        Ok(fields)
    };
    fields.parse2(tokens).unwrap_or_else(|error| {
        report.push(error);
        Vec::new()
    })
}

/// Skips past the next comma.
fn skip(input: ParseStream) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Option<Token![,]>>().map(drop)
}

fn field(input: ParseStream, role: Role) -> Result<Field> {
    let value: Expr = input.parse()?;
    let colon: Option<Token![:]> = input.parse()?;
    let form = if colon.is_some() { Some(form(input)?) } else { None };
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error(unexpected(&value, form.is_some(), role)));
    }
    let tokens = match &form {
        Some((_, tokens)) => {
            let mut all = value.to_token_stream();
            colon.to_tokens(&mut all);
            all.extend(tokens.clone());
            all
        }
        None => value.to_token_stream(),
    };
    let (value, form) = value::meaning(value, form.map(|(form, _)| form), role)?;
    Ok(Field { value, form, tokens })
}

fn unexpected(value: &Expr, typed: bool, role: Role) -> String {
    let value = text(value);
    match (typed, role) {
        (false, _) => format!("expected `,`, or `:` and a type of `{value}`"),
        (true, Role::Pattern) => {
            "expected `,`: what a field has to be stands in the place of its name, as in `3: u8`".to_owned()
        }
        (true, Role::Builder) => "expected `,`".to_owned(),
    }
}

/// Parses a field's type, and returns it with its tokens.
fn form(input: ParseStream) -> Result<(Form, TokenStream)> {
    if input.peek(token::Bracket) {
        let tokens = input.fork().parse::<TokenTree>()?.into_token_stream();
        let content;
        bracketed!(content in input);
        let size = size(&content);
        // The tokens behind a mistake aren't a second mistake.
        content.parse::<TokenStream>()?;
        return Ok((Form::Bytes(size?), tokens));
    }
    if input.peek(Token![&]) {
        return Err(input.error("a field of bytes is `[u8; length]` or `[u8]`, without `&`"));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected a type: there are {TYPES}")));
    }
    let word = input.call(Ident::parse_any)?;
    match Number::read(&word.to_string()) {
        Ok(number) => Ok((Form::Number(number, word.clone()), word.into_token_stream())),
        Err(message) => Err(Error::new(word.span(), message)),
    }
}

/// Parses `u8`, and an optional `; length`.
fn size(content: ParseStream) -> Result<Size> {
    if !content.peek(Ident::peek_any) {
        return Err(content.error("bytes are `[u8; length]`, or `[u8]` for all that remain"));
    }
    let element = content.call(Ident::parse_any)?;
    if element != "u8" {
        let message = format!("a list is of bytes, `[u8; length]`: `{element}` is for a field of its own");
        return Err(Error::new(element.span(), message));
    }
    if content.is_empty() {
        return Ok(Size::Open);
    }
    content.parse::<Token![;]>()?;
    let expr: Expr = content.parse()?;
    if !content.is_empty() {
        return Err(content.error("expected `]`"));
    }
    let length = Length::read(&expr)?;
    if !length.is_constant() {
        return Ok(Size::Computed(length));
    }
    let number = length.range(&|_| None).map(|(least, _)| least);
    let bytes = number.and_then(|number| usize::try_from(i32::try_from(number).ok()?).ok());
    bytes
        .map(Size::Fixed)
        .ok_or_else(|| Error::new_spanned(&expr, "no field has this many bytes: it has 0 to 2147483647"))
}
