//! Reads frames as the table does: the same patterns, as conditions.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::Pat;
use syn::parse::Parser as _;

use super::Scope;
use super::layout::{first_open, rest};
use crate::bits::{self, field::Field};
use crate::syntax::without_self;
use crate::table::Protocol;
use crate::table::frame::{Frame, is_like_a_constant};
use crate::table::lower::Lower;

/// Makes the function that says whether an arm matches a frame, by the arm's number.
pub(super) fn takes(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let input = input();
    let arms = protocol.listed().into_iter().zip(0_u32..).map(|(arm, number)| {
        let conditions = arm.frames.iter().map(|frame| condition(frame, &input, scope));
        let (name, cfgs) = (&arm.name, &arm.cfgs);
        let number = Literal::u32_unsuffixed(number);
        quote! {
            #(#cfgs)*
            #number => {
                #(if #conditions { return ::core::option::Option::Some(#name); })*
            }
        }
    });
    quote! {
        #[doc(hidden)]
        fn __takes(arm: ::core::primitive::u32, #input: &[::core::primitive::u8]) -> ::core::option::Option<&'static ::core::primitive::str> {
            match arm {
                #(#arms)*
                _ => {}
            }
            ::core::option::Option::None
        }
    }
}

/// The variable for the whole frame.
pub(super) fn input() -> Ident {
    Ident::new("__frame", Span::mixed_site())
}

/// Makes the condition of `if` that a frame matches a form; it binds the names of the form.
pub(super) fn condition(frame: &Frame, input: &Ident, scope: &Scope) -> TokenStream {
    let client = &scope.client;
    let krate = &scope.options.krate;
    let condition = match frame {
        Frame::Literal(bytes) => {
            let bytes = Literal::byte_string(bytes);
            return quote!(#krate::__private::arms::is(#input, #bytes));
        }
        Frame::Template(template) => {
            let variable = |name| Ident::new(name, Span::mixed_site());
            let lower = Lower {
                krate,
                span: Span::call_site(),
                ignore_case: scope.options.ignore_case,
                rest: variable("__rest"),
                taken: variable("__taken"),
            };
            let code = lower.template(template);
            let (pattern, conditions) = (code.pattern, code.conditions);
            quote!(let #pattern = #input #(&& #conditions)*)
        }
        Frame::Bits(fields) => layout(fields, input, scope),
        Frame::Prefix(fields) => {
            let mut fields = fields.clone();
            fields.push(rest());
            layout(&fields, input, scope)
        }
        Frame::Rest => return quote!(true),
        Frame::Rust(pattern) => match Pat::parse_multi_with_leading_vert.parse_str(pattern) {
            Ok(Pat::Ident(name)) if name.subpat.is_none() && is_like_a_constant(&name.ident) => {
                quote!(#client::is_constant(#input, &#name))
            }
            Ok(Pat::Path(path)) => quote!(#client::is_constant(#input, &#path)),
            Ok(pattern) => quote!(let #pattern = #input),
            Err(_) => return quote!(true),
        },
    };
    without_self(condition, &scope.block.self_ty)
}

fn layout(fields: &[Field], input: &Ident, scope: &Scope) -> TokenStream {
    // A length that only the server knows may be any.
    let fields = match first_open(fields) {
        Some(at) => fields[..at].iter().cloned().chain([rest()]).collect(),
        None => fields.to_vec(),
    };
    let lowered = bits::lower(fields, input, &scope.options.krate);
    let (head, conditions) = (&lowered.head, &lowered.conditions);
    if lowered.exact {
        return quote!(let [#(#head),*] = #input);
    }
    let begins = (!head.is_empty()).then(|| quote!(let [#(#head,)* ..] = #input));
    match (begins, conditions.is_empty()) {
        (Some(begins), true) => begins,
        (Some(begins), false) => quote!(#begins && #conditions),
        (None, true) => quote!(true),
        (None, false) => conditions.clone(),
    }
}
