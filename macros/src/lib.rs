//! The attribute of kai-tcp-server: tokens in, tokens out.
//!
//! The data's way is straight, and each file imports only what stands before it:
//!
//! ```text
//! attribute tokens → options → model of the impl block → checks → tables → words and lifetimes → tokens
//! ```

mod arms;
mod awaited;
mod bits;
mod block;
mod callbacks;
mod check;
mod expand;
mod layouts;
mod lifetimes;
mod model;
mod options;
mod owned;
mod parameters;
mod report;
mod roles;
mod server;
mod signature;
mod syntax;
mod walk;
mod words;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a TCP server: what this attribute takes and does is documented where it is used from,
/// as `kai_tcp_server::tcp_server`.
#[proc_macro_attribute]
pub fn tcp_server(options: TokenStream, item: TokenStream) -> TokenStream {
    server::tcp_server(options.into(), item.into()).into()
}

/// `bits!` as a macro that builds bytes: the path of the runtime, and a layout.
#[doc(hidden)]
#[proc_macro]
pub fn bits_build(tokens: TokenStream) -> TokenStream {
    bits::build(tokens.into()).into()
}

/// `bits!` as a pattern, outside of a table: the path of the runtime, an input, and
/// `bits!(layout) => value`. An `Option` of the value.
#[doc(hidden)]
#[proc_macro]
pub fn bits_match(tokens: TokenStream) -> TokenStream {
    bits::matched(tokens.into()).into()
}
