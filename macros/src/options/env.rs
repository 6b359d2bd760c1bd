//! The option `env`: the prefix of the environment variables that change options when a server
//! starts.

use kai_tcp_server_spec::option::{PrefixMistake, Row, judge_prefix};
use proc_macro2::{TokenStream, TokenTree};
use syn::Expr;

use crate::options::literal::{constant_of, literal_text, wrong};
use crate::options::value::Value;
use crate::syntax::{text, word};

/// Returns whether a value is read from the environment, which a constant can't be.
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
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let prefix = match (literal_text(value), word(value)) {
        (Some(Ok(prefix)), _) => prefix.value(),
        (Some(Err(_)), _) => {
            return Err(wrong(
                value,
                format_args!("`env` takes text, like `env = {}`, not `{}`", row.example, text(value)),
            ));
        }
        (None, Some(word)) if word.starts_with(char::is_lowercase) => {
            return Err(wrong(
                value,
                format_args!("`env` takes text: `env = \"{}\"`", word.to_ascii_uppercase()),
            ));
        }
        (None, _) => return constant_of(row, value, "text"),
    };
    match judge_prefix(&prefix) {
        Some(mistake) => Err(wrong(value, told(mistake, &prefix))),
        None => Ok(Value::Literal(value.clone())),
    }
}

/// Describes what is wrong with a prefix, and the way out.
fn told(mistake: PrefixMistake, prefix: &str) -> String {
    match mistake {
        PrefixMistake::Empty => {
            "`env` must not be empty: it is what the variables begin with, as \"ECHO\" does for `ECHO_PORT`".to_owned()
        }
        PrefixMistake::Digit => "`env` must not begin with a digit: no shell sets such a variable".to_owned(),
        PrefixMistake::ForeignLetter => {
            format!("`env` consists of `A` to `Z`, `0` to `9` and `_`, like \"ECHO\", which `\"{prefix}\"` does not")
        }
        PrefixMistake::SmallLetter => format!(
            "`env` is written in upper case, as the variables are: `env = \"{}\"`",
            prefix.to_ascii_uppercase()
        ),
        PrefixMistake::Underscore => format!(
            "`env` must not end with `_`: `env = \"{0}\"` is enough for `{0}_PORT`",
            prefix.trim_end_matches('_')
        ),
    }
}
