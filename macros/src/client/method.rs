//! Makes the methods of an arm.

use kai_tcp_server_spec::template::{Capture, Flag, Kind, Piece, Template};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, Type};

use super::arms::Callable;
use super::built::{Built, Same};
use super::{Scope, layout, names, reading};
use crate::report::Report;
use crate::syntax::{Ends, without_self};
use crate::table::frame::Frame;
use crate::table::{Replies, shown};

/// Makes the methods. Returns `None` after a mistake.
pub(super) fn method(callable: &Callable, scope: &Scope, report: &mut Report) -> Option<TokenStream> {
    let out = Ident::new("__out", Span::mixed_site());
    let bytes = quote!(&[::core::primitive::u8]);
    let built = match callable.frame {
        Frame::Literal(text) => {
            let text = Literal::byte_string(text);
            Built {
                parameters: Vec::new(),
                writes: vec![quote!(#out.bytes(#text);)],
            }
        }
        Frame::Template(template) => of_template(template, callable.arm.span, &out, scope),
        Frame::Bits(fields) => {
            if let Some(at) = layout::first_open(fields) {
                let name = fields[at].name().map_or_else(|| "_".to_owned(), ToString::to_string);
                report.error_at(
                    callable.span,
                    format_args!(
                        "the client can't tell how long `{name}` is, as a variable of the server says it: let an earlier field or a constant \
                         say it"
                    ),
                );
                return None;
            }
            layout::build(fields, &out, scope)
        }
        Frame::Prefix(fields) => {
            let mut built = layout::build(fields, &out, scope);
            let name = free("rest", &built.parameters);
            built.writes.push(quote!(#out.bytes(#name);));
            built.parameters.push((name, bytes, Same::Unread));
            built
        }
        Frame::Rest | Frame::Rust(_) => {
            let name = names::ident("frame", Span::call_site());
            Built {
                writes: vec![quote!(#out.bytes(#name);)],
                parameters: vec![(name, bytes, Same::Unread)],
            }
        }
    };
    Some(methods(callable, &built, &out, scope))
}

fn methods(callable: &Callable, built: &Built, out: &Ident, scope: &Scope) -> TokenStream {
    let Scope { client, is_text, .. } = scope;
    let Callable { name, cfgs, .. } = callable;
    let Built { parameters, writes } = built;
    let names: Vec<&Ident> = parameters.iter().map(|(name, ..)| name).collect();
    let signature: Vec<TokenStream> = parameters.iter().map(|(name, ty, _)| quote!(#name: #ty)).collect();
    let make = Ident::new(&format!("__frame_{name}"), Span::call_site());
    let call = names::ident(name, Span::call_site());
    let send = Ident::new(&format!("send_{name}"), Span::call_site());
    let frame = Ident::new("__checked", Span::mixed_site());
    let given = Ident::new("__given", Span::mixed_site());
    let input = reading::input();
    let reads = reads(callable, parameters, &given, &input, scope);
    let arm = &callable.arm.name;
    let earlier = callable.earlier.iter().map(|(from, to)| {
        let (from, to) = (Literal::u32_unsuffixed(*from), Literal::u32_unsuffixed(*to));
        quote!((#from, #to))
    });
    let [sends, calls] = docs(callable);
    let called = match callable.replies {
        Replies::Always => quote! {
            #(#cfgs)*
            #calls
            pub async fn #call(&mut self, #(#signature),*) -> #client::Result<#client::Bytes> {
                let #frame = self.#make(#(#names),*)?;
                self.client.call(#frame).await
            }
        },
        Replies::Never => quote! {
            #(#cfgs)*
            #calls
            pub async fn #call(&mut self, #(#signature),*) -> #client::Result {
                let #frame = self.#make(#(#names),*)?;
                self.client.send(#frame).await
            }
        },
        Replies::Unknown => TokenStream::new(),
    };
    quote! {
        #called
        #(#cfgs)*
        #sends
        pub async fn #send(&mut self, #(#signature),*) -> #client::Result {
            let #frame = self.#make(#(#names),*)?;
            self.client.send(#frame).await
        }
        #(#cfgs)*
        #[doc(hidden)]
        fn #make(&self, #(#signature),*) -> #client::Result<#client::Checked> {
            let mut #out = #client::Outgoing::new();
            #(#writes)*
            let #given = (#(&#names,)*);
            let __arm = #client::Arm {
                name: #arm,
                is_text: #is_text,
                earlier: &[#(#earlier),*],
                takes: Self::__takes,
            };
            self.client.checked(#out, &__arm, &|#input| { #reads })
        }
    }
}

/// Makes the code that reads a frame as the arm does, alternative by alternative, and says whether it
/// reads what was given.
fn reads(
    callable: &Callable,
    parameters: &[(Ident, TokenStream, Same)],
    given: &Ident,
    input: &Ident,
    scope: &Scope,
) -> TokenStream {
    let client = &scope.client;
    let place = Ends {
        first: callable.arm.span,
        last: callable.arm.span,
    };
    let comparisons: Vec<TokenStream> = parameters
        .iter()
        .enumerate()
        .filter_map(|(at, (name, _, same))| {
            let at = Literal::usize_unsuffixed(at);
            Some(match same {
                Same::Bytes => quote!(#client::same(#given.#at, &#name)),
                Same::Value => quote!(*#given.#at == #name),
                Same::Float => quote!(#given.#at.to_bits() == #name.to_bits()),
                Same::Shown => place.place(quote!(#client::same_shown(#given.#at, &#name))),
                Same::Unread => return None,
            })
        })
        .collect();
    let same = if comparisons.is_empty() {
        quote!(true)
    } else {
        quote!(#(#comparisons)&&*)
    };
    let alternatives = callable.arm.frames.iter().map(|frame| {
        let condition = reading::condition(frame, input, scope);
        // The names in a pattern of Rust's are known to rustc alone.
        let same = if matches!(frame, Frame::Rust(_)) {
            quote!(false)
        } else {
            same.clone()
        };
        quote!(if #condition { return #same; })
    });
    quote!(#(#alternatives)* false)
}

/// Returns the documents of the method that sends, and of the one that is called as the arm.
fn docs(callable: &Callable) -> [TokenStream; 2] {
    let pattern = shown(&callable.arm.pattern).replace('`', "'");
    let user: Vec<String> = callable.docs.iter().map(|line| format!(" {line}")).collect();
    let user = match &user[..] {
        [] => TokenStream::new(),
        lines => quote!(#(#[doc = #lines])* #[doc = ""]),
    };
    let name = &callable.name;
    let call = match callable.replies {
        Replies::Always => format!(" Sends `{pattern}`, and returns the next frame that comes."),
        _ => format!(" Sends `{pattern}`, which the server doesn't answer."),
    };
    let send = match callable.replies {
        Replies::Unknown => format!(
            " Sends `{pattern}`. Whether the server answers isn't known from the table; `recv` returns the next frame."
        ),
        _ => format!(" Sends `{pattern}` as `{name}` does, and waits for no answer."),
    };
    let errors = quote! {
        ///
        /// # Errors
        ///
        /// Returns an error of the kind `InvalidValue`, and sends nothing, if the server would read
        /// other values; and an error if the connection fails.
        ///
        /// # Cancel safety
        ///
        /// The frame is sent whole or not at all, and its reply is never taken for another one's: see
        /// the type.
    };
    [
        quote!(#user #[doc = #send] #errors),
        quote!(#user #[doc = #call] #errors),
    ]
}

fn of_template(template: &Template, at: Span, out: &Ident, scope: &Scope) -> Built {
    let span = Span::call_site();
    let at = Span::mixed_site().located_at(at);
    let mut built = Built::default();
    let named: Vec<Ident> = template
        .pieces
        .iter()
        .filter_map(|piece| Some(names::ident(piece.name()?, span)))
        .collect();
    for piece in &template.pieces {
        let written = match piece {
            Piece::Text(text) => {
                let text = Literal::byte_string(text);
                quote!(#out.bytes(#text);)
            }
            Piece::Flag(Flag { name: None, .. }) => continue,
            Piece::Flag(Flag { name: Some(name), text }) => {
                let (name, text) = (names::ident(name, span), Literal::byte_string(text));
                built
                    .parameters
                    .push((name.clone(), quote!(::core::primitive::bool), Same::Value));
                quote!(if #name { #out.bytes(#text); })
            }
            Piece::Capture(Capture { name, open, kind }) => {
                let ident = match name {
                    Some(name) => names::ident(name, span),
                    None => unnamed(&built.parameters, &named),
                };
                let text = ident.to_string();
                let (ty, same) = match kind {
                    Kind::Text => (quote!(&::core::primitive::str), Same::Bytes),
                    Kind::Bytes => (quote!(&[::core::primitive::u8]), Same::Bytes),
                    Kind::Parsed(ty) => {
                        let ty = LitStr::new(ty, span).parse::<Type>().ok();
                        (without_self(quote!(#ty), &scope.block.self_ty), Same::Shown)
                    }
                };
                let same = if name.is_some() { same } else { Same::Unread };
                built.parameters.push((ident.clone(), ty, same));
                match (kind, open) {
                    (Kind::Parsed(_), open) => quote_spanned!(at=> #out.shown(#text, &#ident, #open);),
                    (_, true) => quote!(#out.bytes(#ident);),
                    (_, false) => quote!(#out.word(#text, #ident);),
                }
            }
        };
        built.writes.push(written);
    }
    built
}

/// Names the parameter for a capture that binds nothing.
fn unnamed(parameters: &[(Ident, TokenStream, Same)], named: &[Ident]) -> Ident {
    let taken = |name: &Ident| named.contains(name) || parameters.iter().any(|(other, ..)| other == name);
    let numbered = (1..).map(|number| match number {
        1 => "unnamed".to_owned(),
        number => format!("unnamed_{number}"),
    });
    let mut free = numbered
        .map(|name| Ident::new(&name, Span::call_site()))
        .filter(|name| !taken(name));
    free.next().unwrap_or_else(|| Ident::new("unnamed", Span::call_site()))
}

fn free(name: &str, parameters: &[(Ident, TokenStream, Same)]) -> Ident {
    let mut name = name.to_owned();
    while parameters.iter().any(|(other, ..)| *other == name) {
        name.push('_');
    }
    Ident::new(&name, Span::call_site())
}
