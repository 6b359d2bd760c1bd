//! The attribute of kai-tcp-server: tokens in, tokens out.
//!
//! Data flows in one direction:
//!
//! ```text
//! entry → options → model → check → table → expand → tokens
//! ```
//!
//! `bits` and `words` serve both the tables and the expressions of a block. ARCHITECTURE.md shows
//! the order of imports.

mod bits;
mod check;
mod client;
mod derive;
mod entry;
mod expand;
mod model;
mod options;
mod report;
mod syntax;
mod table;
mod transcripts;
mod words;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a TCP server. The documentation is where users import it from, at
/// `kai_tcp_server::tcp_server`.
#[proc_macro_attribute]
pub fn tcp_server(options: TokenStream, item: TokenStream) -> TokenStream {
    entry::tcp_server(options.into(), item.into()).into()
}

/// Makes an enum the states of a protocol. The documentation is that of the trait, at
/// `kai_tcp_server::ProtocolState`.
#[proc_macro_derive(ProtocolState, attributes(initial, state))]
pub fn protocol_state(input: TokenStream) -> TokenStream {
    derive::protocol_state(input.into()).into()
}

/// Expands `bits!` as a macro that builds bytes. It takes the path of the runtime and a layout.
#[doc(hidden)]
#[proc_macro]
pub fn bits_build(tokens: TokenStream) -> TokenStream {
    bits::build(tokens.into()).into()
}

/// Expands `bits!` as a pattern outside of a table. It takes the path of the runtime, an input, and
/// `bits!(layout) => value`, and makes an `Option` of the value.
#[doc(hidden)]
#[proc_macro]
pub fn bits_match(tokens: TokenStream) -> TokenStream {
    bits::matched(tokens.into()).into()
}
