//! The attribute of kai-tcp-server.

use proc_macro::TokenStream;

/// Declares a TCP server.
#[proc_macro_attribute]
pub fn tcp_server(_options: TokenStream, block: TokenStream) -> TokenStream {
    block
}
