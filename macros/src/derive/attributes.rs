//! The attributes of states: `#[state(recv_timeout = "10s", packet = line(crlf), last)]`.

use kai_tcp_server_spec::option;
use kai_tcp_server_spec::suggest;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Expr, Ident, Path, Token};

use super::default_path;
use crate::options::{Packet, Value, judge_packet, judge_time};
use crate::report::Report;

/// The options of a state.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) recv_timeout: Option<Value>,
    pub(super) packet: Option<Packet>,
    pub(super) last: bool,
    /// It is said here, where it was reported.
    pub(super) initial: bool,
}

const WORDS: [&str; 3] = ["recv_timeout", "packet", "last"];

const EXAMPLE: &str = "`#[state(recv_timeout = \"10s\", packet = line(crlf), last)]`";

/// Reads the options of a state.
pub(super) fn settings(attributes: &[Attribute], report: &mut Report) -> Settings {
    let mut settings = Settings::default();
    let mut given: Vec<String> = Vec::new();
    for attribute in of_states(attributes) {
        let Ok(list) = attribute.meta.require_list() else {
            report.error(
                attribute,
                format_args!("the options of a state stand in parentheses: {EXAMPLE}"),
            );
            continue;
        };
        let parser = |input: ParseStream| {
            while !input.is_empty() {
                let name = input.call(Ident::parse_any)?;
                let word = name.to_string();
                if given.contains(&word) {
                    let message = format!("`{word}` is given twice: keep one of both");
                    report.push(syn::Error::new_spanned(&name, message));
                }
                if let Err(error) = option(&name, &word, input, &mut settings) {
                    report.push(error);
                }
                given.push(word);
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(list.tokens.clone()) {
            report.push(error);
        }
    }
    settings
}

fn of_states(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("state"))
}

fn option(name: &Ident, word: &str, input: ParseStream, settings: &mut Settings) -> syn::Result<()> {
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        Some(input.parse::<Expr>()?)
    } else {
        None
    };
    match (word, value) {
        ("last", None) => settings.last = true,
        ("last", Some(value)) => {
            let message = "`last` stands alone: it says that nothing has to lead on from this state";
            return Err(syn::Error::new_spanned(value, message));
        }
        ("recv_timeout", Some(value)) => settings.recv_timeout = Some(judge_time("recv_timeout", &value)?),
        ("packet", Some(value)) => match judge_packet(&value)? {
            Packet::Codec(codec) => {
                let message = "a codec can't be the packet mode of a state: a server has one codec, or none";
                return Err(syn::Error::new_spanned(codec, message));
            }
            mode => settings.packet = Some(mode),
        },
        ("recv_timeout" | "packet", None) => {
            let message = format!("`{word}` needs a value, as in {EXAMPLE}");
            return Err(syn::Error::new_spanned(name, message));
        }
        (word, _) => {
            settings.initial |= word == "initial";
            return Err(syn::Error::new_spanned(name, unknown(word)));
        }
    }
    Ok(())
}

fn unknown(word: &str) -> String {
    if word == "initial" {
        return "the state that a connection begins in has an attribute of its own: `#[initial]`".to_owned();
    }
    if let Some(near) = suggest::nearest(word, WORDS) {
        return format!("a state has no option `{word}`: did you mean `{near}`?");
    }
    let options = suggest::join(WORDS.iter().map(|word| format!("`{word}`")), "and");
    let server = option::find(word).map_or("", |_| "; others hold for the whole server");
    format!("a state has no option `{word}`; there are {options}{server}")
}

/// Reads the path of the runtime crate: `#[state(crate = path)]` on the enum.
pub(super) fn krate(attributes: &[Attribute], report: &mut Report) -> Path {
    let mut path = default_path();
    for attribute in of_states(attributes) {
        let read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                path = meta.value()?.parse()?;
                return Ok(());
            }
            let message = "on the enum stands only `#[state(crate = path)]`; options stand on the states";
            Err(meta.error(message))
        });
        if let Err(error) = read {
            report.push(error);
        }
    }
    path
}
