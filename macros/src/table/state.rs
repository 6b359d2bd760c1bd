//! The states that arms name: what stands beside the frame in `match (state, data)`.
//!
//! States are known by their names alone, as the enum is somewhere else. A name that only looks like a
//! state, as an associated constant does, is found out by the compiler, and nothing is said of it.

use syn::{Expr, Ident, Pat, PatIdent, TypePath};

use crate::syntax::{Ends, bare_expr};

/// The parameter of `handle_call` that is the state.
#[derive(Clone)]
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) states: TypePath,
}

/// A state by its name, and where it stands.
#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "it is a name with its place")]
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) at: Ends,
    /// True if the `match` around the table names it.
    pub(crate) is_outer: bool,
}

/// The states in which an arm is tried.
#[derive(Clone, Default)]
pub(crate) enum States {
    #[default]
    Any,
    Named(Vec<Name>),
    /// A pattern that only rustc understands.
    Unknown,
}

impl Parameter {
    /// Returns whether an expression is the state.
    pub(super) fn is(&self, expr: &Expr) -> bool {
        matches!(bare_expr(expr), Expr::Path(path) if path.path.is_ident(&self.name))
    }

    /// Reads a pattern that the state is matched with.
    pub(super) fn read(&self, pattern: &Pat) -> States {
        match pattern {
            Pat::Wild(_) => States::Any,
            Pat::Paren(paren) => self.read(&paren.pat),
            Pat::Guard(guarded) => self.read(&guarded.pat),
            Pat::Or(either) => either
                .cases
                .iter()
                .map(|case| self.read(case))
                .reduce(States::or)
                .unwrap_or_default(),
            Pat::Ident(PatIdent {
                subpat: Some((_, inner)),
                ..
            }) => self.read(inner),
            Pat::Ident(name) if !name.ident.to_string().starts_with(char::is_uppercase) => States::Any,
            Pat::Path(path) if path.qself.is_none() => match name(&path.path, &self.states) {
                Some(name) => States::Named(vec![name]),
                None => States::Unknown,
            },
            _ => States::Unknown,
        }
    }
}

/// Returns the state that a path names: the last two segments are those of the enum and its variant.
pub(crate) fn name(path: &syn::Path, states: &TypePath) -> Option<Name> {
    let mut segments = path.segments.iter().rev();
    let (variant, of) = (segments.next()?, segments.next()?);
    let own = states.path.segments.last()?;
    (of.ident == own.ident).then(|| Name {
        name: variant.ident.to_string().trim_start_matches("r#").to_owned(),
        at: Ends::of(path),
        is_outer: false,
    })
}

impl Name {
    fn outer(&self) -> Self {
        Name {
            is_outer: true,
            ..self.clone()
        }
    }
}

impl States {
    /// Joins the states of alternatives.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (States::Any, _) | (_, States::Any) => States::Any,
            (States::Unknown, _) | (_, States::Unknown) => States::Unknown,
            (States::Named(mut names), States::Named(others)) => {
                names.extend(others);
                States::Named(names)
            }
        }
    }

    /// Returns the states of a table that is inside the arm of another `match`.
    pub(super) fn within(self, outer: &States) -> Self {
        match (self, outer) {
            (States::Any, States::Named(names)) => States::Named(names.iter().map(Name::outer).collect()),
            (States::Any, outer) => outer.clone(),
            (own, _) => own,
        }
    }

    pub(crate) fn names(&self) -> &[Name] {
        match self {
            States::Named(names) => names,
            States::Any | States::Unknown => &[],
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().iter().any(|own| own.name == name)
    }

    /// Returns whether an arm is surely tried in the state of this name.
    pub(super) fn include(&self, name: &str) -> bool {
        matches!(self, States::Any) || self.has(name)
    }
}
