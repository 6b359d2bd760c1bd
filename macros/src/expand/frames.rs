//! Writes the forms of frames, for the constant `PROTOCOL`: with the names of the runtime's
//! `__private::protocol`, which the constant imports.

use kai_tcp_server_spec::template::{Capture, Flag, Kind, Piece};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{BinOp, Ident};

use crate::bits::field::{Field, Form, Size, Value};
use crate::bits::length::{Length, name};
use crate::bits::literal;
use crate::bits::number::{Class, Number};
use crate::syntax::text;
use crate::table::frame::{Frame, is_like_a_constant};

/// The parts that the frames of all arms consist of, a list for each kind. A form says where its
/// own parts begin, and how many they are: a value that a function makes can't be borrowed inside a
/// constant of a generic type, except by the constant itself.
#[derive(Default)]
pub(super) struct Parts {
    pieces: Vec<TokenStream>,
    fields: Vec<TokenStream>,
    frames: Vec<TokenStream>,
}

impl Parts {
    /// Makes the form of an arm's frames, of which each alternative has one.
    pub(super) fn all(&mut self, frames: &[Frame], pattern: &str) -> TokenStream {
        match frames {
            [] => quote!(Rust(#pattern)),
            [one] => self.frame(one),
            several => {
                let several: Vec<_> = several.iter().map(|frame| self.frame(frame)).collect();
                let some = some(&mut self.frames, several);
                quote!(AnyOf(some(Self::FRAMES, #some)))
            }
        }
    }

    fn frame(&mut self, frame: &Frame) -> TokenStream {
        match frame {
            Frame::Literal(bytes) => {
                let bytes = Literal::byte_string(bytes);
                quote!(Literal(#bytes))
            }
            Frame::Template(template) => {
                let some = some(&mut self.pieces, template.pieces.iter().map(piece));
                quote!(Template(some(Self::PIECES, #some)))
            }
            Frame::Bits(layout) => {
                let some = some(&mut self.fields, fields(layout));
                quote!(Bits(some(Self::FIELDS, #some)))
            }
            Frame::Prefix(layout) => {
                let some = some(&mut self.fields, fields(layout));
                quote!(Prefix(some(Self::FIELDS, #some)))
            }
            Frame::Rest => quote!(Rest),
            Frame::Rust(pattern) => quote!(Rust(#pattern)),
        }
    }

    /// Makes the constants. Returns `None` if there are none.
    pub(super) fn constants(&self) -> Option<TokenStream> {
        let Parts { pieces, fields, frames } = self;
        let constant = |name: &str, ty: &str, list: &[TokenStream]| {
            let (name, ty) = (format_ident!("{name}"), format_ident!("{ty}"));
            (!list.is_empty()).then(|| quote!(const #name: &'static [#ty] = &[#(#list),*];))
        };
        let pieces = constant("PIECES", "Piece", pieces);
        let fields = constant("FIELDS", "Field", fields);
        let frames = constant("FRAMES", "Frame", frames);
        let constants = quote!(#pieces #fields #frames);
        (!constants.is_empty()).then_some(constants)
    }
}

/// Adds to a list, and returns where what is added begins and how many it is, as arguments.
fn some(list: &mut Vec<TokenStream>, added: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let from = list.len();
    list.extend(added);
    let (from, count) = (
        Literal::usize_unsuffixed(from),
        Literal::usize_unsuffixed(list.len() - from),
    );
    quote!(#from, #count)
}

fn piece(piece: &Piece) -> TokenStream {
    let plain = |name: &Option<String>| name.as_deref().unwrap_or_default().trim_start_matches("r#").to_owned();
    match piece {
        Piece::Text(text) => {
            let text = Literal::byte_string(text);
            quote!(literal(#text))
        }
        Piece::Capture(Capture { name, open, kind }) => {
            let name = plain(name);
            match (kind, open) {
                (Kind::Text, false) => quote!(word(#name)),
                (Kind::Text, true) => quote!(words(#name)),
                (Kind::Bytes, open) => quote!(raw(#name, #open)),
                (Kind::Parsed(ty), open) => quote!(parsed(#name, #ty, #open)),
            }
        }
        Piece::Flag(Flag { name, text }) => {
            let (name, text) = (plain(name), Literal::byte_string(text));
            quote!(flag(#name, #text))
        }
    }
}

fn fields(fields: &[Field]) -> impl Iterator<Item = TokenStream> {
    fields.iter().enumerate().map(|(at, one)| field(one, &fields[..at]))
}

/// Makes a field of a layout that begins with these.
fn field(field: &Field, before: &[Field]) -> TokenStream {
    let name = field.name().map(|name| name.unraw().to_string()).unwrap_or_default();
    let made = match (&field.value, &field.form) {
        (Value::Constant(bits), Form::Constant(None)) => {
            let bytes: Vec<u8> = bits.chunks(8).map(literal::value).collect();
            let bytes = Literal::byte_string(&bytes);
            quote!(text(#bytes))
        }
        (Value::Constant(bits), Form::Constant(Some(ty))) => {
            let value = Literal::u128_unsuffixed(literal::raw(bits, *ty));
            let ty = number(*ty);
            quote!(given(#ty, #value))
        }
        (_, Form::Number(ty, _)) => {
            let ty = number(*ty);
            quote!(number(#name, #ty))
        }
        (_, Form::Bytes(Size::Fixed(bytes))) => {
            let bytes = Literal::usize_unsuffixed(*bytes);
            quote!(bytes(#name, Length::Number(#bytes)))
        }
        (_, Form::Bytes(Size::Computed(computed))) => {
            let length = length(computed, before);
            quote!(bytes(#name, #length))
        }
        (_, Form::Bytes(Size::Open) | Form::Constant(_)) => quote!(rest(#name)),
    };
    if field.name().is_some_and(is_like_a_constant) {
        quote!(unknown(#made))
    } else {
        made
    }
}

/// Makes a number's type as one number, as the compiler takes its time for each argument: the width,
/// and a bit each for signed, float and little-endian.
fn number(number: Number) -> TokenStream {
    let class = match number.class {
        Class::Unsigned => 0,
        Class::Signed => 0x100,
        Class::Float => 0x200,
    };
    let little = if number.little { 0x400 } else { 0 };
    Literal::u32_unsuffixed(number.width | class | little).into_token_stream()
}

fn length(of: &Length, before: &[Field]) -> TokenStream {
    match of {
        Length::Number(number) => {
            let number = Literal::i128_unsuffixed(*number);
            quote!(Length::Number(#number))
        }
        Length::Place(place) => {
            let is_field = |name: &&Ident| before.iter().any(|field| field.name() == Some(name));
            if let Some(name) = name(place).filter(is_field) {
                let name = name.unraw().to_string();
                quote!(Length::Field(#name))
            } else {
                let place = text(place);
                quote!(Length::Unknown(#place))
            }
        }
        Length::Operation(left, operator, right) => {
            let (left, right) = (length(left, before), length(right, before));
            let operator = match operator {
                BinOp::Add(_) => quote!(Add),
                BinOp::Sub(_) => quote!(Sub),
                BinOp::Mul(_) => quote!(Mul),
                BinOp::Div(_) => quote!(Div),
                BinOp::Rem(_) => quote!(Rem),
                BinOp::Shl(_) => quote!(Shl),
                _ => quote!(Shr),
            };
            quote!(Length::Operation(&#left, #operator, &#right))
        }
    }
}
