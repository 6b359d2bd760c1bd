//! The checks of a table with states. The compiler makes them, as only it knows the enum: which states
//! there are, and their packet modes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{ItemImpl, Path, Stmt, TypePath, parse_quote};

use crate::options::{Options, Packet, Value};
use crate::syntax::{Ends, mentions, parameter_names, text, without_self};
use crate::table::model::{Case, Table};
use crate::table::reach::{can_end_in, changes_packet, is_partial, refused_by_line, texts, written};
use crate::table::state::States;

/// The facts that the checks need besides a table.
pub(crate) struct Staged<'s> {
    krate: &'s Path,
    states: &'s TypePath,
    /// The packet mode of the server. `None` if no arm is judged by it.
    packet: Option<TokenStream>,
    /// The longest frame, as an `Option`.
    packet_size: TokenStream,
    delimiter: Option<u8>,
}

/// The place of the state in the tuple that a table matches, and the length of the tuple.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) length: usize,
}

impl<'s> Staged<'s> {
    pub(crate) fn of(block: &ItemImpl, options: &'s Options) -> Option<Self> {
        let packet = options.packet().filter(|_| !changes_packet(block));
        let krate = &options.krate;
        Some(Staged {
            krate,
            states: options.state.as_ref()?,
            packet: packet.and_then(|packet| mode(packet, krate)),
            packet_size: packet_size(block, options).map_or_else(
                || quote!(::core::option::Option::None),
                |size| quote!(::core::option::Option::Some(#size)),
            ),
            delimiter: options.delimiter(),
        })
    }

    /// Makes a check. The tokens have the place that the mistake is shown at; the type is wrong then,
    /// so that rustc doesn't go on to look for arms that are missing.
    fn statement(&self, at: Ends, function: &str, arguments: &TokenStream) -> Stmt {
        let (first, states) = (at.first, self.states);
        let krate = at.place(self.krate);
        let function = Ident::new(function, first);
        let of = text(states);
        let call = at.call(
            &quote_spanned!(first=> #krate::__private::states::check::#function),
            quote_spanned!(first=> #krate::__private::states::Known::<#states>::STATES, #of, #arguments),
        );
        let krate = self.krate;
        parse_quote! {
            let _: [(); {
                #[allow(unused_imports)]
                use #krate::__private::states::Unknown as _;
                #call
            }] = [];
        }
    }

    /// Checks that each state in which a table is matched has an arm for the rest.
    pub(crate) fn rest(&self, table: &Table, place: Place, within: &States, span: Span) -> Option<Stmt> {
        if matches!(within, States::Unknown) {
            return None;
        }
        let mut arms = Vec::new();
        for arm in &table.arms {
            if arm.cases.is_empty() {
                return None;
            }
            for case in arm.cases.iter().filter(|case| !arm.guarded && !is_partial(&case.shape)) {
                match &case.states {
                    States::Unknown => return None,
                    states => arms.push(names(states)),
                }
            }
        }
        let within = names(within);
        let before = format!("({}", "_, ".repeat(place.at));
        let behind = format!("{})", ", _".repeat(place.length - place.at - 1));
        let at = Ends {
            first: span,
            last: span,
        };
        Some(self.statement(at, "rest", &quote!(#within, &[#(#arms),*], (#before, #behind))))
    }

    /// Checks that earlier arms leave an arm for any state one of them.
    pub(crate) fn left(&self, span: Span, arms: &[&States]) -> TokenStream {
        let at = Ends {
            first: span,
            last: span,
        };
        let arms = arms.iter().map(|states| names(states));
        let statement = self.statement(at, "left", &quote!(&[#(#arms),*]));
        quote!({ #statement })
    }

    /// Checks that an alternative can match under the packet modes of its states.
    pub(crate) fn possible(&self, case: &Case) -> Option<Stmt> {
        let packet = self.packet.as_ref()?;
        let form = self.form(case)?;
        if matches!(case.states, States::Unknown) {
            return None;
        }
        let names = names(&case.states);
        let at = Ends {
            first: case.span,
            last: case.span,
        };
        let (krate, size) = (self.krate, &self.packet_size);
        let server = quote!(#krate::__private::states::check::Server { packet: #packet, packet_size: #size });
        Some(self.statement(at, "possible", &quote!(#names, #server, &#form)))
    }

    /// Writes what is known of the frames of an alternative. Returns `None` if it is nothing that a
    /// packet mode could be against.
    fn form(&self, case: &Case) -> Option<TokenStream> {
        let shape = &case.shape;
        let (min, max) = (shape.min(), shape.max());
        let begins: Vec<u16> = shape
            .beginning()
            .iter()
            .map(|byte| byte.map_or(0x100, u16::from))
            .collect();
        let template = written(shape);
        if min == 0 && max.is_none() && template.is_none() {
            return None;
        }
        let max = max.map_or_else(|| quote!(::core::primitive::usize::MAX), |max| quote!(#max));
        let contains = |part: &[u8]| texts(shape).any(|text| text.windows(part.len()).any(|window| window == part));
        let (crlf, lf) = (contains(b"\r\n"), contains(b"\n"));
        let is_text = template.is_some();
        let ends_in_lf = template.is_none_or(|template| can_end_in(&template.pieces, b'\n'));
        let is_line = self
            .delimiter
            .is_none_or(|delimiter| refused_by_line(shape, delimiter).is_none());
        let krate = self.krate;
        Some(quote!(#krate::__private::states::check::Form {
            min: #min,
            max: #max,
            begins: &[#(#begins),*],
            text: #is_text,
            crlf: #crlf,
            lf: #lf,
            ends_in_lf: #ends_in_lf,
            is_line: #is_line,
        }))
    }
}

/// Writes the names of an arm's states.
fn names(states: &States) -> TokenStream {
    let names = states.names().iter().map(|name| &name.name);
    quote!(&[#(#names),*])
}

/// Writes the longest frame. Returns `None` if it isn't the same for each type that the server is
/// of.
pub(crate) fn packet_size(block: &ItemImpl, options: &Options) -> Option<TokenStream> {
    let size = match (options.packet_size(), options.get("packet_size")) {
        (Some(size), _) => quote!(#size),
        (None, Some(Value::Constant(size))) => without_self(size, &block.self_ty),
        _ => return None,
    };
    let generic = parameter_names(&block.generics);
    (!mentions(size.clone(), &generic)).then_some(size)
}

/// Writes a packet mode. Returns `None` for a codec.
fn mode(packet: &Packet, krate: &Path) -> Option<TokenStream> {
    Some(match packet {
        Packet::Mode(mode) => {
            let variant = format_ident!("{}", mode.row().variant);
            quote!(#krate::__private::Packet::#variant)
        }
        Packet::Block(size) => quote!(#krate::__private::Packet::RawExact(#size)),
        Packet::Codec(_) => return None,
    })
}
