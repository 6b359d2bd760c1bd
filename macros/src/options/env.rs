//! What the variables begin with that may change options when a server starts.

use proc_macro2::{TokenStream, TokenTree};
use syn::Expr;

use crate::options::table::Spec;
use crate::options::value::{Value, constant_of, literal_text, wrong};
use crate::syntax::{text, word};

/// Whether a value is read from the environment, which no constant is.
pub(super) fn is_read(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_path = |four: &[TokenTree]| match four {
        [
            TokenTree::Ident(env),
            TokenTree::Punct(first),
            TokenTree::Punct(second),
            TokenTree::Ident(read),
        ] => {
            let reads = ["var", "var_os", "vars", "args"].iter().any(|name| read == name);
            env == "env" && first.as_char() == ':' && second.as_char() == ':' && reads
        }
        _ => false,
    };
    let nested = |token: &TokenTree| matches!(token, TokenTree::Group(group) if is_read(group.stream()));
    tokens.windows(4).any(is_path) || tokens.iter().any(nested)
}

/// Judges the value of `env`.
pub(super) fn judge(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    let prefix = match (literal_text(value), word(value)) {
        (Some(Ok(prefix)), _) => prefix.value(),
        (Some(Err(_)), _) => {
            return Err(wrong(
                value,
                format_args!("`env` takes text, like `env = {}`, not `{}`", spec.example, text(value)),
            ));
        }
        (None, Some(word)) if word.starts_with(char::is_lowercase) => {
            return Err(wrong(
                value,
                format_args!("`env` takes text: `env = \"{}\"`", word.to_ascii_uppercase()),
            ));
        }
        (None, _) => return constant_of(spec, value, "text"),
    };
    match problem(&prefix) {
        Some(problem) => Err(wrong(value, problem)),
        None => Ok(Value::Literal(value.clone())),
    }
}

/// What is wrong with a prefix, and the way out.
fn problem(prefix: &str) -> Option<String> {
    let upper = prefix.to_ascii_uppercase();
    let allowed = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
    if prefix.is_empty() {
        Some(
            "`env` must not be empty: it is what the variables begin with, as \"ECHO\" does for `ECHO_PORT`".to_owned(),
        )
    } else if prefix.starts_with(|first: char| first.is_ascii_digit()) {
        Some("`env` must not begin with a digit: no shell sets such a variable".to_owned())
    } else if !upper.bytes().all(allowed) {
        Some(format!(
            "`env` consists of `A` to `Z`, `0` to `9` and `_`, like \"ECHO\", which `\"{prefix}\"` does not"
        ))
    } else if upper != prefix {
        Some(format!(
            "`env` is written in upper case, as the variables are: `env = \"{upper}\"`"
        ))
    } else {
        prefix.ends_with('_').then(|| {
            format!(
                "`env` must not end with `_`: `env = \"{0}\"` is enough for `{0}_PORT`",
                prefix.trim_end_matches('_')
            )
        })
    }
}
