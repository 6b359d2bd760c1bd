//! Writes the forms of frames, for the constant `PROTOCOL`: with the names of the runtime's
//! `__private::protocol`, which the constant imports.

use kai_tcp_server_spec::template::{Capture, Flag, Kind, Piece};
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{BinOp, Ident};

use crate::bits::field::{Field, Form, Size, Value};
use crate::bits::length::{Length, name};
use crate::bits::literal;
use crate::bits::number::{Class, Number};
use crate::syntax::text;
use crate::table::frame::{Frame, is_like_a_constant};

/// Makes the form of an arm's frames, of which each alternative has one.
pub(super) fn all(frames: &[Frame], pattern: &str) -> TokenStream {
    match frames {
        [] => quote!(Rust(#pattern)),
        [one] => frame(one),
        several => {
            let several = several.iter().map(frame);
            quote!(AnyOf(&[#(#several),*]))
        }
    }
}

fn frame(frame: &Frame) -> TokenStream {
    match frame {
        Frame::Literal(bytes) => {
            let bytes = Literal::byte_string(bytes);
            quote!(Literal(#bytes))
        }
        Frame::Template(template) => {
            let pieces = template.pieces.iter().map(piece);
            quote!(Template(&[#(#pieces),*]))
        }
        Frame::Bits(layout) => {
            let layout = fields(layout);
            quote!(Bits(&[#(#layout),*]))
        }
        Frame::Prefix(layout) => {
            let layout = fields(layout);
            quote!(Prefix(&[#(#layout),*]))
        }
        Frame::Rest => quote!(Rest),
        Frame::Rust(pattern) => quote!(Rust(#pattern)),
    }
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
            let (kind, ty) = match kind {
                Kind::Text => (quote!(Text), "&str"),
                Kind::Bytes => (quote!(AsBytes), "&[u8]"),
                Kind::Parsed(ty) => (quote!(Parsed), ty.as_str()),
            };
            quote!(capture(#name, #kind, #ty, #open))
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
            quote!(given(#name, #ty, #value))
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

/// Makes a number's type: its class, width and order, as arguments.
fn number(number: Number) -> TokenStream {
    let class = match number.class {
        Class::Unsigned => quote!(Unsigned),
        Class::Signed => quote!(Signed),
        Class::Float => quote!(Float),
    };
    let width = Literal::u32_unsuffixed(number.width);
    let endian = if number.little { quote!(Little) } else { quote!(Big) };
    quote!(#class, #width, #endian)
}

fn length(of: &Length, before: &[Field]) -> TokenStream {
    match of {
        Length::Number(number) => {
            let number = Literal::i128_unsuffixed(*number);
            quote!(Length::Number(#number))
        }
        Length::Place(place) => {
            let is_field = |name: &&Ident| before.iter().any(|field| field.name() == Some(name));
            match name(place).filter(is_field) {
                Some(name) => {
                    let name = name.unraw().to_string();
                    quote!(Length::Field(#name))
                }
                None => {
                    let place = text(place);
                    quote!(Length::Unknown(#place))
                }
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
