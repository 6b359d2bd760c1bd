//! Declares the client of a table: a type with a method for each arm that has a frame.
//!
//! A method makes a frame of its parameters, and lets the runtime check it by code made of the
//! table's own patterns: which arm takes the frame, and what that arm reads from it.

mod arms;
mod built;
mod layout;
mod method;
mod names;
mod reading;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{GenericParam, ItemImpl, parse_quote};

use crate::expand::shared_attributes;
use crate::model::Server;
use crate::model::roles::Frame;
use crate::options::{Client, Options, Packet};
use crate::report::Report;
use crate::syntax::{last_segment, without_self};
use crate::table::Protocol;

/// The names that the expansion of a client needs everywhere.
struct Scope<'s> {
    block: &'s ItemImpl,
    options: &'s Options,
    /// The runtime's module for clients.
    client: TokenStream,
    /// True if frames are text.
    is_text: bool,
}

impl<'s> Scope<'s> {
    fn new(block: &'s ItemImpl, options: &'s Options, is_text: bool) -> Self {
        let krate = &options.krate;
        Scope {
            block,
            options,
            client: quote!(#krate::__private::client),
            is_text,
        }
    }
}

/// Declares the client, if the options name one.
pub(crate) fn declare(
    block: &ItemImpl,
    server: &Server,
    protocol: &Protocol,
    options: &Options,
    report: &mut Report,
) -> TokenStream {
    let Some(declared) = &options.client else {
        return TokenStream::new();
    };
    if let Some(problem) = options.packet().and_then(undrivable) {
        report.error(&declared.name, problem);
        return stub(block, options);
    }
    if last_segment(&block.self_ty).is_some_and(|server| server.ident == declared.name) {
        let message = format!(
            "this is the server's own name: call its client `{}Client`",
            declared.name
        );
        report.error(&declared.name, message);
        return TokenStream::new();
    }
    let scope = Scope::new(block, options, matches!(server.frame().0, Frame::Text));
    let mistakes = report.len();
    let arms = arms::with_methods(protocol, options, report);
    let methods: Vec<TokenStream> = arms
        .iter()
        .filter_map(|arm| method::method(arm, &scope, report))
        .collect();
    if methods.is_empty() && report.len() == mistakes {
        report.error(
            &declared.name,
            "this client would have no method: no arm of a `match` on the frame has a frame of its own, or a `#[name = \"…\"]`",
        );
    }
    let takes = reading::takes(protocol, &scope);
    definition(declared, &scope, &quote!(#takes #(#methods)*))
}

/// Says why a client can't speak to a server of this packet mode.
fn undrivable(packet: &Packet) -> Option<&'static str> {
    use kai_tcp_server_spec::packet::Mode;
    match packet {
        Packet::Codec(_) => Some(
            "frames of a codec are its items, so its client is tokio-util's `Framed` with the same codec: leave `client` out",
        ),
        Packet::Mode(Mode::Raw) => Some(
            "under `packet = raw` a frame is what arrives together, which a client can't decide: choose a packet mode in which frames \
             have an end, or leave `client` out",
        ),
        Packet::Mode(Mode::Http | Mode::Httph) => Some(
            "under `packet = http` and `httph` frames are the lines of a message, so its client is one of HTTP: leave `client` out",
        ),
        _ => None,
    }
}

/// Makes the type without its methods, for a block with mistakes, so that naming it is no further one.
pub(crate) fn stub(block: &ItemImpl, options: &Options) -> TokenStream {
    let scope = Scope::new(block, options, false);
    let declared = options.client.as_ref();
    declared.map_or_else(TokenStream::new, |declared| {
        definition(declared, &scope, &TokenStream::new())
    })
}

fn definition(declared: &Client, scope: &Scope, methods: &TokenStream) -> TokenStream {
    let Scope { block, client, .. } = scope;
    let Client { visibility, name } = declared;
    let server = &block.self_ty;
    let shared: Vec<_> = shared_attributes(block).collect();
    let stream = stream_parameter(block, name);
    let mut generics = block.generics.clone();
    let marked = !generics.params.is_empty();
    generics.params.push(GenericParam::Type(parse_quote!(#stream)));
    let (parameters, arguments, clause) = generics.split_for_impl();
    let clause = clause.map(|clause| without_self(clause, server));
    let mut bounded = generics.clone();
    let bound = parse_quote!(#stream: #client::AsyncRead + #client::AsyncWrite + ::core::marker::Unpin);
    bounded.make_where_clause().predicates.push(bound);
    let both = without_self(&bounded.where_clause, server);
    let (field, value) = if marked {
        (
            quote!(server: ::core::marker::PhantomData<fn() -> #server>,),
            quote!(server: ::core::marker::PhantomData,),
        )
    } else {
        (TokenStream::new(), TokenStream::new())
    };
    let docs = docs(scope);
    let own = own(client, &stream);
    let allowed = quote! {
        #[allow(
            clippy::all,
            clippy::pedantic,
            dead_code,
            irrefutable_let_patterns,
            non_snake_case,
            private_bounds,
            private_interfaces,
            unreachable_pub,
            unused_variables
        )]
    };
    quote! {
        #(#shared)*
        #docs
        #allowed
        #visibility struct #name #parameters #clause {
            client: #client::Client<#stream>,
            #field
        }

        #(#shared)*
        #allowed
        impl #parameters #name #arguments #both {
            /// Returns a client that speaks over this stream. It sends nothing yet.
            ///
            /// The longest frame in either direction is the server's `packet_size`.
            #[must_use]
            pub fn new(stream: #stream) -> Self {
                Self {
                    client: #client::Client::new(stream, &<#server>::OPTIONS),
                    #value
                }
            }
            #own
            #methods
        }

        #(#shared)*
        #allowed
        impl #parameters ::core::fmt::Debug for #name #arguments #clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(::core::stringify!(#name)).finish_non_exhaustive()
            }
        }
    }
}

/// Names the parameter that the documentation shows, unless the client or a type of the block is
/// named so. A template names types in its text.
fn stream_parameter(block: &ItemImpl, client: &Ident) -> Ident {
    let text = quote!(#block #client).to_string();
    let mut words = text.split(|char: char| !(char.is_alphanumeric() || char == '_'));
    let name = if words.any(|word| word == "Stream") {
        "__Stream"
    } else {
        "Stream"
    };
    Ident::new(name, Span::mixed_site())
}

fn docs(scope: &Scope) -> TokenStream {
    let title = format!(
        " A client of `{}`: a method for each arm of its table.",
        crate::syntax::text(&scope.block.self_ty)
    );
    quote! {
        #[doc = #title]
        ///
        /// Each method checks the frame before a byte of it is sent: if the server would read other
        /// values than the given ones, it returns an error of the kind `InvalidValue`. An error of
        /// any other kind ends the conversation.
        ///
        /// A method that is named as its arm sends a frame and returns the next frame that comes, or
        /// nothing if the arm never replies. `send_…` only sends; `recv` returns the next frame.
        ///
        /// # Cancel safety
        ///
        /// All methods are cancel safe. A frame is sent whole or not at all: if a future is dropped
        /// in the middle of one, the next method sends the rest first. If a call is dropped after
        /// that, its reply is discarded when it comes.
        ///
        /// No method has a time limit; wrap it in `tokio::time::timeout`.
    }
}

/// The methods that each client has, whatever its table.
fn own(client: &TokenStream, stream: &Ident) -> TokenStream {
    quote! {
        /// Sets the longest frame in either direction, if the server has another `packet_size`.
        #[must_use]
        pub fn packet_size(mut self, packet_size: ::core::primitive::usize) -> Self {
            self.client = self.client.packet_size(packet_size);
            self
        }

        /// Returns the stream.
        pub fn get_ref(&self) -> &#stream {
            self.client.get_ref()
        }

        /// Changes the packet mode of both sides from the next frame on, as the server does.
        pub fn set_packet(&mut self, packet: #client::Packet) {
            self.client.set_packet(packet);
        }

        /// Returns the next frame that comes.
        ///
        /// # Errors
        ///
        /// Returns an error if the server closes, if the frame is too long, or if the stream fails.
        ///
        /// # Cancel safety
        ///
        /// This method is cancel safe: what has come of a frame is kept.
        pub async fn recv(&mut self) -> #client::Result<#client::Bytes> {
            self.client.recv().await
        }

        /// Returns the next `length` bytes, whatever frames they are.
        ///
        /// # Errors
        ///
        /// As `recv`; and if `length` exceeds the server's `recv_limit`.
        ///
        /// # Cancel safety
        ///
        /// This method is cancel safe: what has come is kept.
        pub async fn recv_exact(&mut self, length: ::core::primitive::usize) -> #client::Result<#client::Bytes> {
            self.client.recv_exact(length).await
        }

        /// Sends bytes as they are, without framing or checks.
        ///
        /// # Errors
        ///
        /// Returns an error if the stream fails.
        ///
        /// # Cancel safety
        ///
        /// The bytes are sent whole or not at all, as a frame is.
        pub async fn send_bytes(&mut self, bytes: &[::core::primitive::u8]) -> #client::Result {
            self.client.send_bytes(bytes).await
        }
    }
}
