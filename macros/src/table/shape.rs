//! Shapes: what patterns match, as far as that is known while compiling.

use std::ops::ControlFlow;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Lit, Pat, PatIdent, PatSlice};

use crate::table::matching;
use crate::table::template::Template;

/// The set of frames that a pattern matches.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Template(Template),
    /// `b"…"`.
    Bytes(Vec<u8>),
    /// `[0x01, _, rest @ ..]`.
    Slice {
        elements: Vec<Option<u8>>,
        open: bool,
        names: Vec<Name>,
    },
    Bits {
        head: Vec<u8>,
        exact: bool,
        min: usize,
        max: Option<usize>,
        /// Whether every frame of this length that begins with the head matches, if its names are
        /// variables.
        complete: bool,
        names: Vec<Name>,
    },
    /// `_`, or a name that is surely a variable.
    Anything,
    /// A name: a variable, or a constant.
    Named(Ident),
    /// A path or a range of slices, which only rustc knows.
    Unknown,
}

/// A name in a pattern: a variable or a constant, which only rustc knows.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) ident: Ident,
    /// Two values that it can be matched with. A constant can't equal both.
    pub(crate) values: [TokenStream; 2],
}

impl Shape {
    /// Returns the shape of a pattern that is Rust's own.
    pub(crate) fn of(pattern: &Pat) -> Shape {
        match pattern {
            Pat::Wild(_) => Shape::Anything,
            Pat::Ident(name) => match &name.subpat {
                Some((_, inner)) => Shape::of(inner),
                None if may_be_constant(name) => Shape::Named(name.ident.clone()),
                None => Shape::Anything,
            },
            Pat::Paren(paren) => Shape::of(&paren.pat),
            Pat::Lit(literal) => match &literal.lit {
                Lit::ByteStr(bytes) => Shape::Bytes(bytes.value()),
                _ => Shape::Unknown,
            },
            Pat::Slice(slice) => of_slice(slice).unwrap_or(Shape::Unknown),
            _ => Shape::Unknown,
        }
    }

    /// Returns the length of the shortest frame.
    pub(crate) fn min(&self) -> usize {
        match self {
            Shape::Template(template) => template.min(),
            Shape::Bytes(bytes) => bytes.len(),
            Shape::Slice { elements, .. } => elements.len(),
            Shape::Bits { min, .. } => *min,
            Shape::Anything | Shape::Named(_) | Shape::Unknown => 0,
        }
    }

    /// Returns the length of the longest frame, if there is one.
    pub(crate) fn max(&self) -> Option<usize> {
        match self {
            Shape::Template(template) => template.max(),
            Shape::Bytes(bytes) => Some(bytes.len()),
            Shape::Slice { elements, open, .. } => (!open).then_some(elements.len()),
            Shape::Bits { max, .. } => *max,
            Shape::Anything | Shape::Named(_) | Shape::Unknown => None,
        }
    }

    /// Returns the bytes that every frame begins with; `None` is any byte.
    pub(crate) fn beginning(&self) -> Vec<Option<u8>> {
        match self {
            Shape::Template(template) => template.head().iter().copied().map(Some).collect(),
            Shape::Bytes(bytes) => bytes.iter().copied().map(Some).collect(),
            Shape::Slice { elements, .. } => elements.clone(),
            Shape::Bits { head, .. } => head.iter().copied().map(Some).collect(),
            Shape::Anything | Shape::Named(_) | Shape::Unknown => Vec::new(),
        }
    }

    /// Returns the frame, if it matches exactly one.
    fn exact(&self) -> Option<&[u8]> {
        match self {
            Shape::Template(template) if template.is_literal() => Some(template.head()),
            Shape::Bytes(bytes) => Some(bytes),
            Shape::Bits { head, exact: true, .. } => Some(head),
            _ => None,
        }
    }

    /// Returns the names in it that must be variables for [`covers`](Self::covers) to be right.
    /// `whole` is two values that a name in the table can be matched with. Returns `None` if
    /// nothing can decide it.
    pub(crate) fn names(&self, whole: Option<&[TokenStream; 2]>) -> Option<Vec<Name>> {
        match self {
            Shape::Slice { names, .. } | Shape::Bits { names, .. } => Some(names.clone()),
            Shape::Named(ident) => whole.map(|values| {
                vec![Name {
                    ident: ident.clone(),
                    values: values.clone(),
                }]
            }),
            _ => Some(Vec::new()),
        }
    }

    /// Returns whether it matches every frame that `other` matches. This is certain if its
    /// [`names`](Self::names) are variables.
    pub(crate) fn covers(&self, other: &Shape, ignore_case: bool) -> bool {
        let folds = |shape: &Shape| ignore_case && matches!(shape, Shape::Template(_));
        // A template that ignores case matches more than its text.
        let more = folds(other) && !folds(self);
        match self {
            Shape::Anything | Shape::Named(_) => true,
            Shape::Bytes(_) | Shape::Bits { exact: true, .. } => {
                self.exact() == other.exact() && !(more && has_letters(other.exact()))
            }
            Shape::Bits {
                head,
                min,
                max,
                complete: true,
                ..
            } => {
                let beginning = other.beginning();
                let fits = |max: &usize| other.max().is_some_and(|longest| longest <= *max);
                other.min() >= *min
                    && max.as_ref().is_none_or(fits)
                    && head.iter().enumerate().all(|(at, byte)| {
                        beginning.get(at) == Some(&Some(*byte)) && !(more && byte.is_ascii_alphabetic())
                    })
            }
            Shape::Unknown | Shape::Bits { .. } => false,
            Shape::Slice { elements, open, .. } => {
                let beginning = other.beginning();
                let long_enough = if *open {
                    other.min() >= elements.len()
                } else {
                    other.min() == elements.len() && other.max() == Some(elements.len())
                };
                long_enough
                    && elements.iter().enumerate().all(|(at, element)| match element {
                        None => true,
                        Some(byte) => beginning.get(at) == Some(&Some(*byte)) && !(more && byte.is_ascii_alphabetic()),
                    })
            }
            Shape::Template(template) => match (other.exact(), other) {
                (Some(text), _) if !(more && has_letters(Some(text))) => {
                    matching::matches(template, text, ignore_case) == Some(true)
                }
                (None, Shape::Template(other)) => matching::covers(template, other, ignore_case),
                (None, _) => matching::covers_all_behind(template, &other.beginning(), ignore_case),
                _ => false,
            },
        }
    }
}

fn has_letters(text: Option<&[u8]>) -> bool {
    text.is_some_and(|text| text.iter().any(u8::is_ascii_alphabetic))
}

/// Returns whether a name in a pattern may be a constant's. A name alone may, however it is
/// written.
pub(crate) fn may_be_constant(name: &PatIdent) -> bool {
    name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none()
}

fn of_slice(slice: &PatSlice) -> Option<Shape> {
    let mut elements = Vec::new();
    let mut open = false;
    let mut names = Vec::new();
    for (at, element) in slice.elems.iter().enumerate() {
        match element_of(element, &mut names)? {
            ControlFlow::Continue(byte) => elements.push(byte),
            ControlFlow::Break(()) if at + 1 == slice.elems.len() => open = true,
            ControlFlow::Break(()) => return None, // what follows a rest has no place
        }
    }
    Some(Shape::Slice { elements, open, names })
}

/// Returns an element: a byte, any byte, or the rest.
fn element_of(pattern: &Pat, names: &mut Vec<Name>) -> Option<ControlFlow<(), Option<u8>>> {
    Some(match pattern {
        Pat::Rest(_) => ControlFlow::Break(()),
        Pat::Wild(_) => ControlFlow::Continue(None),
        Pat::Paren(paren) => element_of(&paren.pat, names)?,
        Pat::Ident(name) => {
            if may_be_constant(name) {
                names.push(Name {
                    ident: name.ident.clone(),
                    values: [quote!(0_u8), quote!(1_u8)],
                });
            }
            match &name.subpat {
                Some((_, inner)) => element_of(inner, names)?,
                None => ControlFlow::Continue(None),
            }
        }
        Pat::Lit(literal) => match &literal.lit {
            Lit::Byte(byte) => ControlFlow::Continue(Some(byte.value())),
            Lit::Int(number) => ControlFlow::Continue(Some(number.base10_parse().ok()?)),
            _ => return None,
        },
        _ => return None,
    })
}

/// Returns the string that a pattern is.
pub(crate) fn string(pattern: &Pat) -> Option<&syn::LitStr> {
    match pattern {
        Pat::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
