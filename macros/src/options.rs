//! What the attribute is given: `name = value, name = value`.
//!
//! First raw ([`parse`]: known names, any expression), then validated ([`value::judge`]). Each option is on its own, so that
//! one mistake hides no other.

mod active;
mod address;
mod blocks;
mod env;
mod number;
mod overload;
mod packet;
pub(crate) mod table;
mod time;
mod value;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, ExprLit, Ident, Lit, Path, Token, TypePath, parse_quote};

use crate::options::table::{Kind, Spec};
use crate::report::Report;
use crate::suggest;
use crate::syntax::bare_expr;

pub(crate) use crate::options::active::Active;
pub(crate) use crate::options::blocks::Block;
pub(crate) use crate::options::number::evaluate;
pub(crate) use crate::options::overload::Overload;
pub(crate) use crate::options::packet::Packet;
pub(crate) use crate::options::value::{Setting, Value, byte_literal};

/// The default of `packet_size`; a test ties it to the runtime's.
pub(crate) const PACKET_SIZE: usize = 64 * 1024;

/// The options, each one checked.
pub(crate) struct Options {
    /// Where the runtime crate is.
    pub(crate) krate: Path,
    /// Whether templates ignore the case of letters.
    pub(crate) ignore_case: bool,
    /// In the order in which they were given.
    pub(crate) settings: Vec<Setting>,
    /// Those whose values were refused: nothing is known of them.
    pub(crate) refused: Vec<&'static str>,
    /// Whether `packet` is a name that nobody knows: what a frame is then nobody knows either.
    pub(crate) packet_is_wrong: bool,
}

impl Options {
    /// The value given for an option.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let setting = self.settings.iter().find(|setting| setting.spec.name == name);
        setting.map(|setting| &setting.value)
    }

    /// The codec that `packet` is.
    pub(crate) fn codec(&self) -> Option<&TypePath> {
        match self.packet() {
            Some(Packet::Codec(codec)) => Some(codec),
            _ => None,
        }
    }

    /// The longest frame, unless it is a constant that only the compiler can evaluate.
    pub(crate) fn packet_size(&self) -> Option<usize> {
        match self.get("packet_size") {
            Some(Value::Literal(size)) => number::evaluate(size)?.try_into().ok(),
            Some(_) => None,
            None if self.refused.contains(&"packet_size") => None,
            None => Some(PACKET_SIZE),
        }
    }

    /// The packet mode; None if nothing is known of it.
    pub(crate) fn packet(&self) -> Option<&Packet> {
        match self.get("packet") {
            Some(Value::Packet(packet)) => Some(packet),
            None if !self.refused.contains(&"packet") => Some(&Packet::Line),
            _ => None,
        }
    }

    /// What ends a line of `packet = line`; None if only the compiler can evaluate it.
    pub(crate) fn delimiter(&self) -> Option<u8> {
        match self.get("delimiter") {
            Some(Value::Literal(Expr::Lit(ExprLit {
                lit: Lit::Byte(byte), ..
            }))) => Some(byte.value()),
            Some(Value::Literal(number)) => u8::try_from(number::evaluate(number)?).ok(),
            None if !self.refused.contains(&"delimiter") => Some(b'\n'),
            _ => None,
        }
    }

    /// How many bytes of a frame `packet_size` doesn't count; None where it bounds no frame, or not what stays of it.
    pub(crate) fn uncounted(&self) -> Option<usize> {
        self.packet()?.uncounted()
    }
}

/// An option as it was given.
struct Given {
    spec: &'static Spec,
    name: Ident,
    value: Expr,
}

/// Reads and checks the attribute's tokens.
pub(crate) fn read(tokens: TokenStream, report: &mut Report) -> Options {
    let given = parse(tokens.clone(), report);
    if !given.iter().any(|option| option.spec.name == "port") && !tries_to_say("port", tokens) {
        report.error_at(
            Span::call_site(),
            "the option `port` is missing: `#[tcp_server(port = 10000)]`; 0 takes a free one",
        );
    }
    let mut krate = parse_quote!(::kai_tcp_server);
    let mut ignore_case = false;
    let mut settings = Vec::new();
    let mut refused = Vec::new();
    let mut packet_is_wrong = false;
    for Given { spec, name: _, value } in given {
        match value::judge(spec, &value) {
            Ok(Value::Crate(path)) => krate = path,
            Ok(Value::IgnoreCase(flag)) => ignore_case = flag,
            Ok(value) => settings.push(Setting { spec, value }),
            Err(error) => {
                refused.push(spec.name);
                packet_is_wrong |= matches!((spec.kind, bare_expr(&value)), (Kind::Packet, Expr::Path(_)));
                report.push(error);
            }
        }
    }
    let options = Options {
        krate,
        ignore_case,
        settings,
        refused,
        packet_is_wrong,
    };
    block_fits(&options, report);
    delimits_lines(&options, report);
    options
}

/// A block of `raw(N)` has to fit into `packet_size`. The compiler says so of constants.
fn block_fits(options: &Options, report: &mut Report) {
    let block = match options.packet() {
        Some(Packet::RawExact(size)) => number::evaluate(size).map(|block| (size, block)),
        _ => None,
    };
    if let (Some((expr, block)), Some(size)) = (block, options.packet_size())
        && usize::try_from(block).is_ok_and(|block| block > size)
    {
        let message = format!("a block of {block} bytes exceeds `packet_size`, which is {size}: raise `packet_size`");
        report.error(expr, message);
    }
}

/// A delimiter ends lines of `line` alone.
fn delimits_lines(options: &Options, report: &mut Report) {
    if let Some(Value::Literal(delimiter) | Value::Constant(delimiter)) = options.get("delimiter")
        && options.packet().is_some_and(|packet| !matches!(packet, Packet::Line))
    {
        report.error(
            delimiter,
            "`delimiter` says what ends a line of `packet = line` alone: leave `delimiter` out, or write `packet = line`",
        );
    }
}

/// Whether an option is named, or nearly, in tokens that were reported for something else.
fn tries_to_say(option: &str, tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => suggest::nearest(&ident.to_string(), [option]).is_some(),
        _ => false,
    })
}

fn parse(tokens: TokenStream, report: &mut Report) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    let parser = |input: ParseStream| {
        while !input.is_empty() {
            match option(input) {
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

/// Keeps an option that wasn't given before.
fn keep(option: Given, given: &mut Vec<Given>, report: &mut Report) {
    let name = option.spec.name;
    if given.iter().any(|earlier| earlier.spec.name == name) {
        report.error(option.name, format_args!("`{name}` is given twice: keep one of both"));
    } else {
        given.push(option);
    }
}

/// Goes to the next comma, after a mistake.
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

fn option(input: ParseStream) -> syn::Result<Given> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("an option is expected here: `name = value`, like `port = 10000`"));
    }
    let name = input.call(Ident::parse_any)?;
    let spec = table::find(&name.to_string()).ok_or_else(|| unknown(&name))?;
    if let Kind::Case = spec.kind
        && (input.is_empty() || input.peek(Token![,]))
    {
        let value = parse_quote!(true);
        return Ok(Given { spec, name, value });
    }
    equals(spec, &name, input)?;
    if let Kind::Packet = spec.kind
        && let Some(value) = packet::codec(input)
    {
        return Ok(Given { spec, name, value });
    }
    let value = input.parse().map_err(|_| missing_value(spec, &name))?;
    Ok(Given { spec, name, value })
}

fn equals(spec: &Spec, name: &Ident, input: ParseStream) -> syn::Result<()> {
    let Spec {
        name: option, example, ..
    } = spec;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing_value(spec, name));
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        let message = format!("`=` is expected here: an option is written `{option} = {example}`");
        return Err(input.error(message));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing_value(spec, name));
    }
    Ok(())
}

fn missing_value(spec: &Spec, name: &Ident) -> syn::Error {
    let Spec {
        name: option,
        kind: _,
        example,
        default,
        meaning,
    } = spec;
    let message = format!("`{option}` needs a value, like `{option} = {example}`: {meaning} (by default: {default})");
    syn::Error::new_spanned(name, message)
}

fn unknown(name: &Ident) -> syn::Error {
    let word = name.to_string();
    let find = |list: &[(&str, &'static str)]| list.iter().find(|(other, _)| *other == word).map(|&(_, text)| text);
    let message = if let Some(why) = find(table::ABSENT) {
        why.to_owned()
    } else if let Some(option) = find(table::SYNONYMS) {
        format!("there is no option `{word}`: it's called `{option}` here")
    } else if let Some(option) = suggest::nearest(&word, table::names()) {
        format!("there is no option `{word}`: did you mean `{option}`?")
    } else {
        format!(
            "there is no option `{word}`; there are {}",
            suggest::all_of(table::names())
        )
    };
    syn::Error::new_spanned(name.to_token_stream(), message)
}
