//! Patterns as people write them.

use quote::ToTokens as _;
use syn::Pat;

use crate::syntax::text;

/// Formats a part of a pattern. Text between quotes stays as it is.
pub(super) fn part(pattern: &Pat) -> String {
    match pattern {
        Pat::Lit(literal) => literal.to_token_stream().to_string(),
        Pat::Or(either) => {
            let cases: Vec<String> = either.cases.iter().map(part).collect();
            cases.join(" | ")
        }
        Pat::Tuple(tuple) => {
            let elements: Vec<String> = tuple.elems.iter().map(part).collect();
            format!("({})", elements.join(", "))
        }
        Pat::Macro(call) => format!("{}!({})", text(&call.mac.path), text(&call.mac.tokens)),
        pattern => text(pattern),
    }
}
