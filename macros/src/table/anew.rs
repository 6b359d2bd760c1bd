//! Borrows what a `match` takes beside the frame separately for each arm.
//!
//! In `match (&*state, data)` one arm may reply with what its pattern binds of `state`, and another
//! may assign to `*state`. Rust has one borrow for all arms, and it lasts as long as the first
//! arm's reply. So the second arm can't assign (E0506), although its reply doesn't use the borrow.
//! Therefore what an arm's body uses of such a pattern is bound once more, from a borrow of its
//! own:
//!
//! ```text
//! (State::Named(name), "who") => reply(name)
//! (State::Named(name), "who") => { let State::Named(name) = &*state else { unreachable!() }; reply(name) }
//! ```
//!
//! The pattern matches again, because the value is borrowed until there and can't change. It is
//! only done where it can help.

use proc_macro2::{Ident, Span};
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut as _};
use syn::{Expr, ExprMatch, FnArg, LitStr, Pat, PatIdent, PatTuple, Signature, Stmt, Type, UnOp, parse_quote};

use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, bare_type, says};
use crate::table::site::{Mode, Place, binds, index_of};

/// Returns the names of a fn's parameters that are `&mut T`.
pub(crate) fn lent(signature: &Signature) -> Vec<Ident> {
    let names = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => match (&*argument.pat, bare_type(&argument.ty)) {
            (Pat::Ident(name), Type::Reference(reference)) if reference.mutability.is_some() => {
                Some(name.ident.clone())
            }
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    names.collect()
}

/// Returns the statements to put before the bodies of arms, the last first, so that the bodies
/// don't use the borrow of the `match`. `lent` are the names that can be borrowed again with the
/// same result.
pub(crate) fn plan(table: &mut ExprMatch, place: Option<&Place>, lent: &[Ident]) -> Vec<(usize, Stmt)> {
    let (elements, length): (Vec<(Option<usize>, Expr)>, usize) = match bare_expr(&table.expr) {
        Expr::Tuple(tuple) => {
            let elements = tuple.elems.iter().cloned().enumerate();
            let elements = elements.map(|(at, element)| (Some(at), element));
            (elements.collect(), tuple.elems.len())
        }
        whole => (vec![(None, whole.clone())], 1),
    };
    let mut statements = Vec::new();
    for (at, borrow) in elements {
        let root = root(&borrow).filter(|root| lent.contains(root) && !is_of_a_table(place, at));
        let Some(root) = root else {
            continue;
        };
        let name = root.to_string();
        let uses = |arm: &syn::Arm| says(arm.body.to_token_stream(), &name);
        if !table.arms.iter().any(uses) {
            continue;
        }
        for (number, arm) in table.arms.iter_mut().enumerate() {
            if binds(&arm.pat, &root) {
                continue;
            }
            let (pattern, guard) = match &mut arm.pat {
                Pat::Guard(guarded) => (&mut *guarded.pat, Some(&*guarded.guard)),
                pattern => (pattern, None),
            };
            let said = Said { guard, body: &arm.body };
            if let Some(again) = said.again(pattern, at, length) {
                let statements_of_arm = again.statements(&borrow);
                statements.extend(statements_of_arm.into_iter().map(|statement| (number, statement)));
            }
        }
    }
    statements
}

/// Returns whether the patterns at this position are replaced.
fn is_of_a_table(place: Option<&Place>, at: Option<usize>) -> bool {
    match (place, at) {
        (Some(Place::Whole(mode)), None) => *mode != Mode::AsIs,
        (Some(Place::Tuple(positions)), Some(at)) => {
            let found = positions.iter().find(|(position, _)| *position == at);
            found.is_some_and(|(_, mode)| *mode != Mode::AsIs)
        }
        _ => false,
    }
}

/// Returns the variable that something is borrowed from, if borrowing it twice gives the same: no
/// function is called for it.
fn root(borrow: &Expr) -> Option<Ident> {
    let Expr::Reference(reference) = bare_expr(borrow) else {
        return None;
    };
    let mut place = bare_expr(&reference.expr);
    loop {
        place = bare_expr(match place {
            Expr::Field(field) => &field.base,
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => &unary.expr,
            Expr::Path(path) if path.qself.is_none() => return path.path.get_ident().cloned(),
            _ => return None,
        });
    }
}

/// The parts of an arm that use names.
struct Said<'a> {
    guard: Option<&'a Expr>,
    body: &'a Expr,
}

impl Said<'_> {
    /// Returns the pattern at a position of an arm, to be matched again before the body, if the
    /// body uses its bindings.
    fn again(&self, pattern: &mut Pat, at: Option<usize>, length: usize) -> Option<Again> {
        let element = match (at, pattern) {
            (_, Pat::Paren(paren)) => return self.again(&mut paren.pat, at, length),
            (None, whole) => whole,
            (Some(at), Pat::Tuple(tuple)) => {
                let index = index_of(tuple, at, length)?;
                let names = Names::of(&tuple.elems[index]);
                if names.bound.iter().any(|name| is_elsewhere(tuple, index, name)) {
                    return None; // rustc says what is wrong
                }
                &mut tuple.elems[index]
            }
            (Some(_), _) => return None,
        };
        let names = Names::of(element);
        if names.are_unclear || !names.bound.iter().any(|name| self.body_says(name)) {
            return None;
        }
        if let Some(guard) = self.guard {
            let within = Names::within(guard);
            // The body uses a binding of the guard; or the guard was tried for each alternative,
            // and now the first alternative that matches would be taken.
            if within.are_unclear
                || names.bound.iter().any(|name| within.bound.contains(name))
                || names.has_alternatives
            {
                return None;
            }
        }
        // A variable that the body changes can't be told apart from one that only the guard reads.
        if names.mutable.iter().any(|name| self.guard_says(name)) {
            return None;
        }
        let again = element.clone();
        Looked(self).walk().visit_pat_mut(element);
        let mut variables = names.bound;
        variables.retain(is_like_a_variable);
        Some(Again {
            pattern: again,
            of_the_guard: variables.iter().filter(|name| self.guard_says(name)).cloned().collect(),
            variables,
        })
    }

    fn body_says(&self, name: &Ident) -> bool {
        says(self.body.to_token_stream(), &name.to_string())
    }

    fn guard_says(&self, name: &Ident) -> bool {
        says(self.guard.to_token_stream(), &name.to_string())
    }
}

/// A pattern to be matched again.
struct Again {
    pattern: Pat,
    /// The names that look like variables.
    variables: Vec<Ident>,
    /// The names that the guard uses.
    of_the_guard: Vec<Ident>,
}

impl Again {
    /// Returns the statements to put before the body, the last first. They use the names of the
    /// arm's pattern, and don't require another use of the guard's names, so that rustc doesn't
    /// warn of unused variables.
    fn statements(&self, borrow: &Expr) -> Vec<Stmt> {
        let pattern = match &self.pattern {
            Pat::Or(either) => quote!((#either)),
            pattern => pattern.to_token_stream(),
        };
        let again = parse_quote! {
            #[allow(irrefutable_let_patterns)]
            let #pattern = #borrow else { ::core::unreachable!() };
        };
        let uses =
            |names: &[Ident]| -> Option<Stmt> { (!names.is_empty()).then(|| parse_quote!(let _ = (#(&#names,)*);)) };
        let statements = [uses(&self.of_the_guard), Some(again), uses(&self.variables)];
        statements.into_iter().flatten().collect()
    }
}

fn is_elsewhere(tuple: &PatTuple, index: usize, name: &Ident) -> bool {
    let mut others = tuple.elems.iter().enumerate().filter(|(at, _)| *at != index);
    others.any(|(_, other)| binds(other, name))
}

/// The names that a pattern of Rust's own binds. A name may be a constant; the result is right for
/// one, too.
#[derive(Default)]
struct Names {
    bound: Vec<Ident>,
    mutable: Vec<Ident>,
    has_alternatives: bool,
    /// Whether it may bind other names, or bind them in another way.
    are_unclear: bool,
}

impl Names {
    fn of(pattern: &Pat) -> Self {
        let mut names = Names::default();
        names.walk().visit_pat_mut(&mut pattern.clone());
        names
    }

    fn within(guard: &Expr) -> Self {
        let mut names = Names::default();
        names.walk().visit_expr_mut(&mut guard.clone());
        names
    }
}

impl Walk for Names {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn pat(&mut self, pattern: &mut Pat) {
        self.has_alternatives |= matches!(pattern, Pat::Or(_));
        self.are_unclear |= matches!(pattern, Pat::Macro(_) | Pat::Verbatim(_));
        visit_mut::visit_pat_mut(self.walk(), pattern);
    }

    fn pat_ident(&mut self, pattern: &mut PatIdent) {
        // The words can't be variables; that is reported once.
        let is_a_word = ["reply", "close", "noreply"].iter().any(|word| pattern.ident == word);
        self.are_unclear |= is_a_word;
        self.bound.push(pattern.ident.clone());
        if pattern.mutability.is_some() {
            self.mutable.push(pattern.ident.clone());
        }
        visit_mut::visit_pat_ident_mut(self.walk(), pattern);
    }

    /// In the position of bytes it would be a template.
    fn lit_str(&mut self, text: &mut LitStr) {
        self.are_unclear |= text.value().contains('{');
    }
}

/// Returns whether rustc would warn that a name is unused. It never warns of one that begins with
/// `_`. A name written like a constant mostly is one, and the type of some constants, as `None`, is
/// only known at the pattern.
fn is_like_a_variable(name: &Ident) -> bool {
    name.to_string()
        .trim_start_matches("r#")
        .starts_with(char::is_lowercase)
}

/// Makes a pattern that only the guard reads. It changes nothing. A name that doesn't look like a
/// variable, but may be one, gets the expansion's own span, so that rustc doesn't warn that it is
/// unused. A constant is still found by its name.
struct Looked<'s>(&'s Said<'s>);

impl Walk for Looked<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn pat_ident(&mut self, pattern: &mut PatIdent) {
        if pattern.by_ref.is_none() {
            pattern.mutability = None;
        }
        let name = &mut pattern.ident;
        if !is_like_a_variable(name) && !self.0.guard_says(name) {
            name.set_span(Span::mixed_site().located_at(name.span()));
        }
        visit_mut::visit_pat_ident_mut(self.walk(), pattern);
    }
}
