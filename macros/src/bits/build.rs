//! Lowers a layout that builds bytes: the values are computed in order, then written into one
//! buffer of their size.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, Ident, Path};

use super::field::{Field, Form, Size, Value};
use super::literal;
use super::number::{Class, Number};
use crate::syntax::{bare_expr, text};

/// Makes the expression that builds these fields.
pub(crate) fn lower(fields: &[Field], krate: &Path) -> TokenStream {
    let bits = quote!(#krate::__private::bits);
    let built = Ident::new("bits", Span::mixed_site());
    let mut builder = Builder {
        values: Vec::new(),
        lengths: Vec::new(),
        writes: Vec::new(),
        at: 0,
        built: &built,
        bits: &bits,
    };
    for field in fields {
        builder.field(field);
    }
    let Builder {
        values,
        lengths,
        writes,
        ..
    } = builder;
    let fixed = fields.iter().filter_map(Field::bits).sum::<usize>() / 8;
    if writes.is_empty() {
        return quote!(#bits::Bits::with_capacity(0).finish());
    }
    let names = (0..values.len()).map(name);
    // A match keeps the temporaries of the values alive until the end, as the arguments of a call
    // would.
    quote! {
        match (#(#values,)*) {
            (#(#names,)*) => {
                let mut #built = #bits::Bits::with_capacity(#fixed #(+ #lengths)*);
                #(#writes)*
                #built.finish()
            }
        }
    }
}

fn name(at: usize) -> Ident {
    format_ident!("value{}", at, span = Span::mixed_site())
}

struct Builder<'b> {
    /// The expressions, each with its type.
    values: Vec<TokenStream>,
    /// The lengths that are only known at run time.
    lengths: Vec<TokenStream>,
    writes: Vec<TokenStream>,
    /// The number of bits written so far; only the position in the last byte matters.
    at: usize,
    built: &'b Ident,
    /// The runtime's module.
    bits: &'b TokenStream,
}

impl Builder<'_> {
    fn field(&mut self, field: &Field) {
        match (&field.value, &field.form) {
            (Value::Constant(constant), _) => self.constant(constant),
            (Value::Expr(expr), Form::Number(number, ty)) => self.number(bare_expr(expr), *number, ty),
            (Value::Expr(expr), Form::Bytes(size)) => self.bytes(expr, size),
            _ => {}
        }
        self.at += field.bits().unwrap_or(0);
    }

    fn constant(&mut self, constant: &[bool]) {
        let built = self.built;
        if self.at.is_multiple_of(8) && constant.len().is_multiple_of(8) {
            let bytes = constant.chunks_exact(8).map(literal::value);
            self.writes.push(quote!(#built.bytes(&[#(#bytes),*]);));
            return;
        }
        for bits in constant.chunks(8) {
            let (value, width) = (literal::value(bits), u32::try_from(bits.len()).unwrap_or(0));
            self.writes.push(quote!(#built.big(#value, #width, ("", ""));));
        }
    }

    fn number(&mut self, expr: &Expr, number: Number, ty: &Ident) {
        let storage = format_ident!("{}", number.storage(), span = ty.span());
        let (built, value) = (self.built, name(self.values.len()));
        let typed = Ident::new("value", Span::mixed_site());
        let path = quote_spanned!(ty.span()=> ::core::primitive::#storage);
        self.values.push(quote!({ let #typed: #path = #expr; #typed }));
        let order = if number.little { "little" } else { "big" };
        self.writes.push(if self.at.is_multiple_of(8) && number.is_whole() {
            let to = format_ident!("to_{}_bytes", &order.replace("little", "le").replace("big", "be"));
            quote!(#built.bytes(&#value.#to());)
        } else {
            let raw = if number.class == Class::Float {
                quote!(#value.to_bits())
            } else {
                quote!(#value)
            };
            let (order, width) = (format_ident!("{order}"), number.width);
            let (field, ty) = (text(expr), ty.to_string());
            quote!(#built.#order(#raw, #width, (#field, #ty));)
        });
    }

    fn bytes(&mut self, expr: &Expr, size: &Size) {
        let (built, bits, value) = (self.built, self.bits, name(self.values.len()));
        let length = match size {
            Size::Open => {
                self.values.push(quote_spanned!(expr.span()=> #bits::data(#expr)));
                self.lengths.push(quote!(#value.len()));
                self.writes.push(quote!(#built.data(&#value);));
                return;
            }
            Size::Fixed(length) => quote!(#bits::length(#length)),
            Size::Computed(length) => {
                self.lengths.push(quote!(#value.len()));
                length.lower(bits)
            }
        };
        let field = text(expr);
        self.values
            .push(quote_spanned!(expr.span()=> #bits::exactly(#expr, #length, #field)));
        self.writes.push(quote!(#built.data(&#value);));
    }
}
