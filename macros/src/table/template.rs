//! Reads templates by the grammar of `kai-tcp-server-spec`, with Rust's own names and types.

use kai_tcp_server_spec::template::{self, Rust};
use syn::{Ident, Type};

pub(crate) use kai_tcp_server_spec::template::{Capture, Flag, Kind, Piece, Template, is_blank};

/// Reads a template, or returns all its mistakes.
pub(crate) fn parse(text: &str) -> Result<Template, Vec<String>> {
    template::parse(text, &Syntax)
}

/// The names and types that syn parses.
struct Syntax;

impl Rust for Syntax {
    fn is_variable(&self, name: &str) -> bool {
        syn::parse_str::<Ident>(name).is_ok()
    }

    fn is_type(&self, text: &str) -> bool {
        matches!(syn::parse_str(text), Ok(Type::Path(_)))
    }
}
