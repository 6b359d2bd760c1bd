//! The names of a client's methods, made of the names of arms.

use proc_macro2::{Ident, Span};

/// The methods that each client has.
pub(super) const OWN: [&str; 7] = [
    "get_ref",
    "new",
    "packet_size",
    "recv",
    "recv_exact",
    "send_bytes",
    "set_packet",
];

/// Makes a method's name in small letters, with `_` for whatever else. Returns `None` if that is
/// none.
pub(super) fn method(arm: &str) -> Option<String> {
    let mut name = String::new();
    for letter in arm.chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic());
    is_name.then(|| name.to_owned())
}

/// Makes an identifier, which may be a keyword's.
pub(super) fn ident(name: &str, span: Span) -> Ident {
    match name.strip_prefix("r#") {
        Some(name) => Ident::new_raw(name, span),
        None => match syn::parse_str::<Ident>(name) {
            Ok(_) => Ident::new(name, span),
            // These can't be written `r#self`.
            Err(_) if ["self", "super", "crate", "Self"].contains(&name) => Ident::new(&format!("{name}_"), span),
            Err(_) => Ident::new_raw(name, span),
        },
    }
}
