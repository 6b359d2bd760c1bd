//! Warns of text in patterns that looks like a template but isn't one: in a string inside another
//! pattern, or by a constant. Such a string may be intended, so this is a warning.

use std::ptr;

use proc_macro2::Ident;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut as _};
use syn::{Arm, LitStr, Pat, Path, Stmt, parse_quote};

use crate::report::Report;
use crate::syntax::walk::Walk;
use crate::syntax::{Ends, mentions};
use crate::table::shape::{may_be_constant, string};
use crate::table::site::{Mode, Place, cases, element_at};
use crate::table::template::{self, Piece};

/// Warns of the strings in an arm of a `match` that aren't templates. `place` is the position of a
/// table's templates.
pub(crate) fn warn_inside(pattern: &mut Pat, place: Option<&Place>, length: usize, report: &mut Report) {
    let templates = templates(pattern, place, length)
        .into_iter()
        .map(ptr::from_ref)
        .collect();
    let mut strings = Strings { templates, report };
    // A guard isn't a part of the pattern.
    let pattern = match pattern {
        Pat::Guard(guarded) => &mut *guarded.pat,
        pattern => pattern,
    };
    strings.walk().visit_pat_mut(pattern);
}

/// Warns of a pattern that is a string and isn't a template.
fn warn(pattern: &Pat, report: &mut Report) {
    let Some(text) = string(pattern).filter(|text| is_like_a_template(text)) else {
        return;
    };
    let message = format!(
        "`{}` is no template here, but the text that it says, braces and all: only a string that is an arm of a `match` by itself is one; if it \
         is meant so, write `\\x7b` for the `{{`",
        text.token()
    );
    report.warning(text.span(), message);
}

/// Returns the strings that are templates of a table.
fn templates<'p>(pattern: &'p Pat, place: Option<&Place>, length: usize) -> Vec<&'p LitStr> {
    let mut found = Vec::new();
    for case in cases(pattern) {
        match place {
            None | Some(Place::Whole(Mode::AsIs)) => {}
            Some(Place::Whole(_)) => found.extend(string(case)),
            Some(Place::Tuple(positions)) => {
                let positions = positions.iter().filter(|(_, mode)| *mode != Mode::AsIs);
                let elements = positions.filter_map(|&(at, _)| element_at(case, at, length));
                found.extend(elements.flat_map(cases).filter_map(string));
            }
        }
    }
    found
}

struct Strings<'r> {
    /// The templates, by address.
    templates: Vec<*const LitStr>,
    report: &'r mut Report,
}

impl Walk for Strings<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn pat(&mut self, pattern: &mut Pat) {
        let is_template = string(pattern).is_some_and(|text| self.templates.iter().any(|other| ptr::eq(*other, text)));
        if !is_template {
            warn(pattern, self.report);
        }
        visit_mut::visit_pat_mut(self.walk(), pattern);
    }
}

/// Returns whether a string would capture something as a template. A raw string is always meant
/// literally.
fn is_like_a_template(text: &LitStr) -> bool {
    let written = text.token().to_string();
    let inner = written.strip_prefix('"').and_then(|written| written.strip_suffix('"'));
    let template = inner.and_then(|inner| template::parse(inner).ok());
    template.is_some_and(|template| !template.pieces.iter().all(|piece| matches!(piece, Piece::Text(_))))
}

/// Makes the check by which rustc finds out whether the constant of an arm looks like a template.
/// Returns `None` if it may not be a constant, or isn't known outside the fn.
pub(crate) fn constant(arm: &Arm, is_text: bool, generic: &[String], krate: &Path) -> Option<Stmt> {
    let path = match &arm.pat {
        Pat::Path(path) if path.qself.is_none() => path.path.to_token_stream(),
        // A variable would hide all other arms. The letters must look like a constant's, too,
        // because a variable isn't a constant's mistake.
        Pat::Ident(name) if may_be_constant(name) && !name.ident.to_string().contains(char::is_lowercase) => {
            name.ident.to_token_stream()
        }
        _ => return None,
    };
    if mentions(path.clone(), &["Self".to_owned()]) || mentions(path.clone(), generic) {
        return None;
    }
    let span = arm.pat.span();
    let bytes = if is_text {
        quote!(::core::primitive::str::as_bytes(#path))
    } else {
        path
    };
    let compared = Ident::new("COMPARED", span);
    let krate = Ends {
        first: span,
        last: span,
    }
    .place(krate);
    let looked = quote_spanned!(span=> #krate::__private::arms::Constant::<{ #krate::__private::arms::has_capture(#bytes) }>::#compared);
    Some(parse_quote!(const _: () = #looked;))
}
