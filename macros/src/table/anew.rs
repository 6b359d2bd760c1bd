//! What a `match` borrows beside the frame, borrowed for each arm by itself.
//!
//! In `match (&*state, data)` one arm may reply with what its pattern binds of `state`, and another
//! may assign to `*state`. Rust has one borrow for all arms, and it lasts as long as the reply of
//! the first one: the second can't assign (E0506), though it replies with nothing of it. So what an
//! arm's body uses of such a pattern is bound once more, from a borrow of its own:
//!
//! ```text
//! (State::Named(name), "who") => reply(name)
//! (State::Named(name), "who") => { let State::Named(name) = &*state else { unreachable!() }; reply(name) }
//! ```
//!
//! Nothing can change what was matched up to there, as it is borrowed, so the pattern matches
//! again. It is done only where it can be of use.

use proc_macro2::{Ident, Span};
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut as _};
use syn::{Expr, ExprMatch, FnArg, LitStr, Pat, PatIdent, PatTuple, Signature, Stmt, Type, UnOp, parse_quote};

use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, bare_type, says};
use crate::table::site::{Mode, Place, binds, index_of};

/// The names of a fn's parameters that are `&mut T`.
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

/// What is to stand before the bodies of arms, the last first, so that they use nothing of what the
/// `match` borrows; `lent` are the names of what may be borrowed again and be the same.
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

/// Whether the patterns there become others.
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

/// The variable that something is borrowed from. Only where borrowing it twice is the same: nothing
/// is called for it.
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

/// Where an arm says names.
struct Said<'a> {
    guard: Option<&'a Expr>,
    body: &'a Expr,
}

impl Said<'_> {
    /// The pattern at a place of an arm's, to be matched again before the body, if that uses what
    /// it binds.
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
            // The body says what the guard binds, or each alternative was tried, and now it would
            // be the first that matches.
            if within.are_unclear
                || names.bound.iter().any(|name| within.bound.contains(name))
                || names.has_alternatives
            {
                return None;
            }
        }
        // What is changed in the body can't be told from what is only looked at by the guard.
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
    /// The names that are variables by what they are written like.
    variables: Vec<Ident>,
    /// Those that the guard says.
    of_the_guard: Vec<Ident>,
}

impl Again {
    /// What is to stand before the body, the last first. The names of the arm's pattern are used by
    /// that, and what the guard says needn't be used once more: nobody is told otherwise.
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

/// What a pattern of Rust's own binds. A name may be a constant, for which all of this is right,
/// too.
#[derive(Default)]
struct Names {
    bound: Vec<Ident>,
    mutable: Vec<Ident>,
    has_alternatives: bool,
    /// Whether something else may be bound, or otherwise.
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
        // The words can be no variables, which is told once.
        let is_a_word = ["reply", "close", "noreply"].iter().any(|word| pattern.ident == word);
        self.are_unclear |= is_a_word;
        self.bound.push(pattern.ident.clone());
        if pattern.mutability.is_some() {
            self.mutable.push(pattern.ident.clone());
        }
        visit_mut::visit_pat_ident_mut(self.walk(), pattern);
    }

    /// In the place of bytes it would be a template.
    fn lit_str(&mut self, text: &mut LitStr) {
        self.are_unclear |= text.value().contains('{');
    }
}

/// Whether it would be told that a name is unused. One that begins with `_` never is. What is
/// written like a constant is most often one, and the type of some, as of `None`, is known only
/// where they stand.
fn is_like_a_variable(name: &Ident) -> bool {
    name.to_string()
        .trim_start_matches("r#")
        .starts_with(char::is_lowercase)
}

/// Makes a pattern one that only the guard looks at: it changes nothing, and what is no variable by
/// its looks, but may be one, is the expansion's own, so that nobody is told that it is unused. A
/// constant is found by its name all the same.
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
