//! Names of arms over frames that aren't bytes, whose patterns are Rust's own.

use syn::{Lit, Pat, Path};

use crate::table::site;

/// Returns the name that a pattern gives a frame: `Get` of `Command::Get { key }`, or the first
/// word of a text.
pub(crate) fn name(pattern: &Pat) -> Option<String> {
    match *site::cases(pattern).first()? {
        Pat::Struct(pattern) => last(&pattern.path),
        Pat::TupleStruct(pattern) => wrapped(&pattern.path, pattern.elems.first()).or_else(|| last(&pattern.path)),
        Pat::Path(pattern) => last(&pattern.path),
        Pat::Lit(literal) => match &literal.lit {
            Lit::Str(text) => text.value().split_whitespace().next().map(str::to_owned),
            _ => None,
        },
        Pat::Tuple(tuple) => tuple.elems.iter().find_map(name),
        _ => None,
    }
}

/// Returns the name inside `Some(…)` and `Ok(…)`, because it says more.
fn wrapped(path: &Path, inner: Option<&Pat>) -> Option<String> {
    let is_wrapper = path.is_ident("Some") || path.is_ident("Ok");
    inner.filter(|_| is_wrapper).and_then(name)
}

fn last(path: &Path) -> Option<String> {
    path.segments.last().map(|last| last.ident.to_string())
}
