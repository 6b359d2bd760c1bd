//! Reading a layout: `value`, or `value: type`, with commas between.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Expr, Ident, Lit, Result, Token, bracketed, token};

use super::field::{Field, Form, Role, Size, Value};
use super::length::Length;
use super::literal;
use super::number::{Number, TYPES};
use crate::report::Report;
use crate::syntax::{bare_expr, text};

/// The fields of a layout, but for those in which there is a mistake.
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

/// Goes on behind the next comma.
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
    let (value, form) = meaning(value, form.map(|(form, _)| form), role)?;
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

/// A field's type, and its tokens.
fn form(input: ParseStream) -> Result<(Form, TokenStream)> {
    if input.peek(token::Bracket) {
        let tokens = input.fork().parse::<TokenTree>()?.into_token_stream();
        let content;
        bracketed!(content in input);
        return Ok((Form::Bytes(size(&content)?), tokens));
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

/// `u8`, and `; length` or nothing.
fn size(content: ParseStream) -> Result<Size> {
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

/// What a value means in a layout of this role.
fn meaning(value: Expr, form: Option<Form>, role: Role) -> Result<(Value, Form)> {
    if let Some((negative, literal)) = literal::of(&value) {
        if let Some(constant) = constant(&value, negative, literal, form.as_ref(), role)? {
            return Ok((Value::Constant(constant), Form::Constant));
        }
    }
    match (role, bare_expr(&value)) {
        (Role::Pattern, Expr::Infer(_)) => match form {
            Some(form) => Ok((Value::Blank, form)),
            None => Err(Error::new_spanned(
                value,
                "say what is skipped: `_: u8`, or `_: [u8]` for all that remains",
            )),
        },
        (Role::Pattern, Expr::Path(path)) if path.path.get_ident().is_some() => {
            let name = path.path.get_ident().expect("a name").clone();
            match form {
                Some(form) => Ok((Value::Name(name), form)),
                None => Err(Error::new_spanned(
                    &name,
                    format!("`{name}` needs a type: `{name}: u8`, or `{name}: [u8]` for all that remains"),
                )),
            }
        }
        (Role::Pattern, _) => Err(Error::new_spanned(value, "a field is a name, `_` or a literal")),
        (Role::Builder, Expr::Infer(_)) => {
            let message = match form {
                Some(Form::Number(_, ty)) => format!("a value has to stand here: `0: {ty}` writes zeros"),
                _ => "a value has to stand here".to_owned(),
            };
            Err(Error::new_spanned(value, message))
        }
        (Role::Builder, _) => Ok((Value::Expr(value), form.unwrap_or(Form::Bytes(Size::Open)))),
    }
}

/// The bits of a literal. None: it is an ordinary expression here, as text of a given length is.
fn constant(value: &Expr, negative: bool, literal: &Lit, form: Option<&Form>, role: Role) -> Result<Option<Vec<bool>>> {
    let error = |message: String| Err(Error::new_spanned(value, message));
    let written = text(bare_expr(value));
    if let Some(bits) = literal::text_bits(literal).filter(|_| !negative) {
        return match (form, role, literal) {
            (None, ..) => Ok(Some(bits)),
            (Some(Form::Bytes(_)), Role::Builder, Lit::Str(_) | Lit::ByteStr(_))
            | (Some(_), Role::Builder, Lit::Byte(_)) => Ok(None),
            _ => error(format!(
                "text is its own bytes and has no type: write `{written}` alone"
            )),
        };
    }
    let suffix = literal::suffix(literal);
    match (literal, form) {
        (Lit::Int(_) | Lit::Float(_), Some(Form::Number(..))) if !suffix.is_empty() => {
            error(format!("`{written}` has its type already"))
        }
        (Lit::Int(_) | Lit::Float(_), Some(Form::Number(number, ty))) => {
            literal::number_bits(value, negative, literal, *number, &ty.to_string()).map(Some)
        }
        (Lit::Int(_) | Lit::Float(_), Some(_)) => error(format!("`{written}` is no bytes: give it a number's type")),
        (Lit::Int(_) | Lit::Float(_), None) if suffix.is_empty() => {
            let ty = if matches!(literal, Lit::Int(_)) { "u8" } else { "f32" };
            error(format!(
                "`{written}` needs a width: write `{written}{ty}`, or another type"
            ))
        }
        (Lit::Int(_) | Lit::Float(_), None) => match Number::read(suffix) {
            Ok(number) => literal::number_bits(value, negative, literal, number, suffix).map(Some),
            Err(message) => error(message),
        },
        (Lit::Char(char), _) if char.value().is_ascii() => error(format!("a byte is written `b{written}`")),
        (Lit::Char(char), _) => error(format!("text is written `\"{}\"`", char.value())),
        (Lit::Bool(flag), _) => error(format!("a flag is written `{}u1`", u8::from(flag.value))),
        _ => error(format!("`{written}` can't be a field: bytes are written `b\"…\"`")),
    }
}
