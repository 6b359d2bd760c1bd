//! Writes a table as rustc is to read it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Arm, Expr, ExprMatch, Pat, parse_quote};

use super::Tables;
use crate::syntax::{cfgs, says};
use crate::table::dispatch::{self, Dispatch};
use crate::table::model::Table;
use crate::table::pattern::Converted;
use crate::table::rewrite::{rename, rewrite, split};
use crate::table::shape::may_be_constant;
use crate::table::site::{self, Mode, Place, Site};

impl Tables<'_> {
    /// Writes the arms as Rust patterns, and the expression that they match.
    pub(super) fn write(&self, table: &mut ExprMatch, site: &Site, compiled: &Table, read: Vec<Option<Converted>>) {
        let input = Ident::new("__input", Span::mixed_site());
        let dispatch = match site.place {
            Place::Whole(_) if site.of_frames => dispatch::plan(&compiled.arms, self.ignore_case, &input),
            _ => None,
        };
        let written = table.expr.clone();
        let count = table.arms.len();
        for (at, (arm, converted)) in table.arms.iter_mut().zip(read).enumerate() {
            let (pattern, guard) = split(&arm.pat);
            let numbers = dispatch.as_ref().map(|dispatch| &dispatch.arms[at]);
            match converted {
                None => {
                    arm.pat = parse_quote!(_ if false);
                    *arm.body = parse_quote!(::core::unreachable!());
                }
                Some(_) if self.takes_the_whole(arm, &site.place, at + 1 == count) => {
                    rename(arm, &pattern, guard, &written);
                }
                Some(converted) => rewrite(arm, numbered(converted, numbers), guard),
            }
        }
        self.scrutinee(table, site);
        if let (Some(Dispatch { number, .. }), Place::Whole(mode)) = (dispatch, &site.place) {
            let scrutinee = &table.expr;
            let bytes = if *mode == Mode::Pair {
                quote!((#scrutinee).1)
            } else {
                quote!(#scrutinee)
            };
            *table.expr = parse_quote!(({ let #input: &[u8] = #bytes; #number }, #scrutinee));
        }
    }

    /// Returns whether an arm is a name that takes the `Bytes` themselves. A constant of that name
    /// would be compared with a slice, and can't be distinguished from a variable. But a variable
    /// before other arms would hide them, so a name there is a constant.
    fn takes_the_whole(&self, arm: &Arm, place: &Place, is_last: bool) -> bool {
        let (Place::Whole(Mode::Shared), (Pat::Ident(name), guard)) = (place, split(&arm.pat)) else {
            return false;
        };
        if name.subpat.is_some() || !may_be_constant(&name) {
            return name.subpat.is_none();
        }
        let is_data = self.data.is_some_and(|data| data.name == name.ident);
        if guard.is_none() && arm.attrs.iter().all(|attribute| cfgs(attribute).is_empty()) {
            return is_data || is_last;
        }
        // Here it may be either. As rustc's own lints do, go by how it is written.
        let word = name.ident.to_string();
        let is_like_a_variable = word.starts_with(|first: char| first == '_' || first.is_lowercase());
        let body = &arm.body;
        is_data || (is_like_a_variable && says(quote!(#guard #body), &word))
    }

    fn scrutinee(&self, table: &mut ExprMatch, site: &Site) {
        match &site.place {
            Place::Whole(Mode::AsIs) => {}
            Place::Whole(mode) => {
                let scrutinee = site::scrutinee(&table.expr, *mode, self.krate);
                *table.expr = parse_quote!(#scrutinee);
            }
            Place::Tuple(positions) => {
                let mut whole = &mut *table.expr;
                while let Expr::Paren(_) | Expr::Group(_) = whole {
                    whole = match whole {
                        Expr::Paren(paren) => &mut paren.expr,
                        Expr::Group(group) => &mut group.expr,
                        _ => return,
                    };
                }
                let Expr::Tuple(tuple) = whole else { return };
                for &(at, mode) in positions.iter().filter(|(_, mode)| *mode != Mode::AsIs) {
                    let element = &mut tuple.elems[at];
                    let scrutinee = site::scrutinee(element, mode, self.krate);
                    *element = parse_quote!(#scrutinee);
                }
            }
        }
    }
}

/// Returns the pattern under the numbers of its arm.
fn numbered(converted: Converted, numbers: Option<&Option<TokenStream>>) -> Converted {
    let Some(numbers) = numbers else { return converted };
    let Converted { pattern, conditions } = converted;
    let numbers = numbers.clone().unwrap_or_else(|| quote!(_));
    Converted {
        pattern: quote!((#numbers, #pattern)),
        conditions,
    }
}
