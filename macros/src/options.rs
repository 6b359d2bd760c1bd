//! The options of the attribute: `name = value, name = value`.
//!
//! Options are first parsed ([`parse`]: known names, any expression), then validated ([`judge`]).
//! Each option is validated separately, so that no mistake hides another.

mod active;
mod address;
mod beside;
mod blocks;
mod byte;
mod client;
mod crate_path;
mod env;
mod flag;
mod judge;
pub(crate) mod listeners;
mod literal;
mod number;
mod overload;
mod packet;
mod parse;
mod proxy_protocol;
mod time;
mod value;
mod words;

use kai_tcp_server_spec::option::{Kind, PACKET_SIZE};
use kai_tcp_server_spec::packet::Mode;
use proc_macro2::{Span, TokenStream};
use syn::{Expr, ExprLit, Lit, Path, TypePath, parse_quote};

use crate::options::parse::Given;
use crate::report::Report;
use crate::syntax::bare_expr;

pub(crate) use crate::options::byte::byte_literal;
pub(crate) use crate::options::number::evaluate;
pub(crate) use crate::options::value::{
    Active, Block, Client, Overload, Packet, ProxyProtocol, SessionVersion, Setting, Value,
};

/// The validated options.
pub(crate) struct Options {
    /// The path of the runtime crate.
    pub(crate) krate: Path,
    /// The server that transcripts are played against.
    pub(crate) example: Option<Expr>,
    /// The client of this server.
    pub(crate) client: Option<Client>,
    /// The enum of the protocol's states.
    pub(crate) state: Option<TypePath>,
    /// Whether templates ignore the case of letters.
    pub(crate) ignore_case: bool,
    /// The version of the session's format, if sessions are handed over by serde.
    pub(crate) session_version: Option<SessionVersion>,
    /// The settings, in the order in which they are written.
    pub(crate) settings: Vec<Setting>,
    /// The options whose values were refused, so nothing is known of them.
    pub(crate) refused: Vec<&'static str>,
    /// Whether `packet` is an unknown name. Then the form of a frame is unknown, too.
    pub(crate) packet_is_wrong: bool,
}

impl Options {
    /// Returns the value given for an option.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.setting(name).map(|setting| &setting.value)
    }

    /// Returns the setting of an option, if it is given.
    fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.row.name == name)
    }

    /// Returns the codec, if `packet` is one.
    pub(crate) fn codec(&self) -> Option<&TypePath> {
        match self.packet() {
            Some(Packet::Codec(codec)) => Some(codec),
            _ => None,
        }
    }

    /// Returns the longest frame, unless it is a constant that only the compiler can evaluate.
    pub(crate) fn packet_size(&self) -> Option<usize> {
        match self.get("packet_size") {
            Some(Value::Literal(size)) => number::evaluate(size)?.try_into().ok(),
            Some(_) => None,
            None if self.refused.contains(&"packet_size") => None,
            None => Some(PACKET_SIZE),
        }
    }

    /// Returns the packet mode. Returns `None` if it is unknown.
    pub(crate) fn packet(&self) -> Option<&Packet> {
        match self.get("packet") {
            Some(Value::Packet(packet)) => Some(packet),
            None if !self.refused.contains(&"packet") => Some(&Packet::Mode(Mode::Line)),
            _ => None,
        }
    }

    /// Returns the delimiter of `packet = line`. Returns `None` if only the compiler can evaluate
    /// it.
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

    /// Returns how many bytes of a frame `packet_size` doesn't count. Returns `None` if it doesn't
    /// bound a frame, or if the number depends on the frame.
    pub(crate) fn uncounted(&self) -> Option<usize> {
        self.packet()?.mode()?.row().uncounted()
    }
}

/// Judges a duration that is an option's value outside of the attribute.
pub(crate) fn judge_time(option: &str, value: &Expr) -> syn::Result<Value> {
    match kai_tcp_server_spec::option::find(option) {
        Some(row) if let Kind::Time(times) = row.kind => time::judge(row, times, value),
        _ => Err(syn::Error::new_spanned(value, "no option takes this")),
    }
}

/// Judges a packet mode outside of the attribute.
pub(crate) fn judge_packet(value: &Expr) -> syn::Result<Packet> {
    packet::parse(value)
}

/// Reads and checks the attribute's tokens.
pub(crate) fn read(tokens: TokenStream, report: &mut Report) -> Options {
    let given = parse::parse(tokens.clone(), report);
    let is_given = |name: &str| given.iter().any(|option| option.row.name == name);
    let says_where = is_given("port")
        || is_given("listen")
        || parse::tries_to_say("port", tokens.clone())
        || parse::tries_to_say("listen", tokens);
    if !says_where {
        report.error_at(
            Span::call_site(),
            "the option `port` is missing: `#[tcp_server(port = 10000)]`; 0 takes a free one",
        );
    }
    let mut krate = parse_quote!(::kai_tcp_server);
    let mut example = None;
    let mut client = None;
    let mut state = None;
    let mut ignore_case = false;
    let mut session_version = None;
    let mut settings = Vec::new();
    let mut refused = Vec::new();
    let mut packet_is_wrong = false;
    for Given { row, name, value } in given {
        match judge::judge(row, &value) {
            Ok(Value::Crate(path)) => krate = path,
            Ok(Value::Example(server)) => example = Some(server),
            Ok(Value::Client(declared)) => client = Some(declared),
            Ok(Value::State(states)) => state = Some(states),
            Ok(Value::IgnoreCase(flag)) => ignore_case = flag,
            Ok(Value::SessionVersion(value)) => session_version = Some(SessionVersion { name, value }),
            Ok(value) => settings.push(Setting { row, name, value }),
            Err(error) => {
                refused.push(row.name);
                packet_is_wrong |= matches!((row.kind, bare_expr(&value)), (Kind::Packet, Expr::Path(_)));
                report.push(error);
            }
        }
    }
    let options = Options {
        krate,
        example,
        client,
        state,
        ignore_case,
        session_version,
        settings,
        refused,
        packet_is_wrong,
    };
    beside::judge(&options, report);
    options
}
