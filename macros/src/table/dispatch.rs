//! The dispatch of a large table: a number, computed from the few bytes that distinguish its arms,
//! is decided before the arms themselves.
//!
//! Rust's own decision tries slice patterns length by length, so templates are tried nearly one by
//! one. Here the heads of the arms become a tree of bytes. Each leaf has a number, and an arm is
//! only tried under the numbers of its leaves.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use crate::table::model::Arm;
use crate::table::shape::Shape;

/// The number of arms from which this is faster than Rust's own decision.
const MANY: usize = 8;

/// The decision before a table.
pub(crate) struct Dispatch {
    /// The number, as an expression over `input`.
    pub(crate) number: TokenStream,
    /// The numbers under which each arm is tried; `None`: under all.
    pub(crate) arms: Vec<Option<TokenStream>>,
}

/// A head, and its arm in the table.
struct Head<'h> {
    arm: usize,
    bytes: &'h [u8],
    /// Whether nothing follows it.
    exact: bool,
}

/// A range of numbers, from the first to the last.
#[derive(Clone, Copy)]
struct Numbers(u16, u16);

/// Plans the dispatch of a table that has many arms, and not only literals.
pub(crate) fn plan(table: &[Arm], ignore_case: bool, input: &Ident) -> Option<Dispatch> {
    let mut heads: Vec<Head> = Vec::new();
    for (arm, of) in table.iter().enumerate() {
        let of_arm = of.cases.iter().filter_map(|case| head(arm, &case.shape));
        heads.extend(of_arm.filter(|head| !head.bytes.is_empty()));
    }
    let folds = |head: &Head| ignore_case && head.bytes.iter().any(u8::is_ascii_alphabetic);
    if heads.len() < MANY || heads.iter().all(|head| head.exact && !folds(head)) {
        return None;
    }
    let mut tree = Tree {
        ignore_case,
        input,
        next: 0,
        numbers: table.iter().map(|_| Vec::new()).collect(),
    };
    let number = tree.node(&heads.iter().collect::<Vec<_>>(), 0);
    let arms = table.iter().zip(&tree.numbers).map(|(arm, numbers)| {
        let every_case = arm.cases.iter().all(|case| {
            let head = head(0, &case.shape);
            head.is_some_and(|head| !head.bytes.is_empty())
        });
        (every_case && !numbers.is_empty()).then(|| patterns(numbers))
    });
    let arms = arms.collect();
    Some(Dispatch { number, arms })
}

fn head(arm: usize, shape: &Shape) -> Option<Head<'_>> {
    let (bytes, exact) = match shape {
        Shape::Template(template) => (template.head(), template.is_literal()),
        Shape::Bytes(bytes) => (&bytes[..], true),
        Shape::Bits { head, exact, .. } => (&head[..], *exact),
        Shape::Slice { .. } | Shape::Anything | Shape::Named(_) | Shape::Unknown => return None,
    };
    Some(Head { arm, bytes, exact })
}

fn patterns(numbers: &[Numbers]) -> TokenStream {
    let ranges = numbers.iter().map(|&Numbers(first, last)| {
        if first == last {
            quote!(#first)
        } else {
            quote!(#first..=#last)
        }
    });
    quote!(#(#ranges)|*)
}

struct Tree<'t> {
    ignore_case: bool,
    input: &'t Ident,
    /// The next leaf's number.
    next: u16,
    /// The numbers of each arm.
    numbers: Vec<Vec<Numbers>>,
}

impl Tree<'_> {
    /// Makes the expression of the number of a frame that begins as these heads do, up to `from`.
    fn node(&mut self, heads: &[&Head], from: usize) -> TokenStream {
        let Some(at) = self.parting(heads, from) else {
            let leaf = self.leaf();
            for head in heads {
                self.numbers[head.arm].push(Numbers(leaf, leaf));
            }
            return quote!(#leaf);
        };
        let first = self.next;
        let mut groups: Vec<(u8, Vec<&Head>)> = Vec::new();
        for &head in heads {
            let Some(&byte) = head.bytes.get(at) else { continue };
            let byte = self.folded(byte);
            match groups.iter_mut().find(|(of, _)| *of == byte) {
                Some((_, group)) => group.push(head),
                None => groups.push((byte, vec![head])),
            }
        }
        let mut branches = Vec::new();
        for (byte, group) in groups {
            let number = self.node(&group, at + 1);
            let pattern = self.pattern(byte);
            branches.push(quote!(::core::option::Option::Some(#pattern) => #number,));
        }
        let other = self.leaf();
        for head in heads.iter().filter(|head| head.bytes.len() <= at) {
            // A frame that consists of only this head has no byte here.
            let from = if head.exact { other } else { first };
            self.numbers[head.arm].push(Numbers(from, other));
        }
        let input = self.input;
        quote!(match #input.get(#at) { #(#branches)* _ => #other })
    }

    fn leaf(&mut self) -> u16 {
        let leaf = self.next;
        self.next = self.next.saturating_add(1);
        leaf
    }

    /// Returns the first position where the heads differ, or where one ends.
    fn parting(&self, heads: &[&Head], from: usize) -> Option<usize> {
        let (first, others) = heads.split_first()?;
        if others.is_empty() {
            return None;
        }
        let same = |at: usize| {
            let byte = first.bytes.get(at).map(|&byte| self.folded(byte));
            byte.is_some()
                && others
                    .iter()
                    .all(|other| other.bytes.get(at).map(|&byte| self.folded(byte)) == byte)
        };
        let at = (from..=first.bytes.len()).find(|&at| !same(at))?;
        // If all end here, no byte distinguishes them.
        heads.iter().any(|head| head.bytes.len() > at).then_some(at)
    }

    fn folded(&self, byte: u8) -> u8 {
        if self.ignore_case {
            byte.to_ascii_lowercase()
        } else {
            byte
        }
    }

    fn pattern(&self, byte: u8) -> TokenStream {
        let lower = Literal::byte_character(byte);
        if self.ignore_case && byte.is_ascii_alphabetic() {
            let upper = Literal::byte_character(byte.to_ascii_uppercase());
            quote!(#lower | #upper)
        } else {
            quote!(#lower)
        }
    }
}
