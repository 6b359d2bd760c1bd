//! The protocol as its tables say it: for the checks, and for everything that is generated from it.

use kai_tcp_server_spec::words::Word;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Meta};

use crate::table::shape::Shape;

/// Every table of the block, in the order in which they stand there.
#[derive(Default)]
pub(crate) struct Protocol {
    pub(crate) tables: Vec<Table>,
}

/// One `match` over bytes.
pub(crate) struct Table {
    /// Whether it matches the frame that `handle_call` was given, and no other bytes.
    pub(crate) of_frames: bool,
    /// Whether its arms are the protocol's: it is of frames, and in no arm of another table that
    /// is.
    pub(crate) listed: bool,
    /// Whether a name in it is matched with a `&[u8]`.
    pub(crate) is_slice: bool,
    pub(crate) arms: Vec<Arm>,
}

/// One arm of a table.
pub(crate) struct Arm {
    /// Its first literal word, else `arm_N`, counted from 1 over all that is listed.
    pub(crate) name: String,
    /// The pattern as it is written; without the quotes where it is one template.
    pub(crate) pattern: String,
    /// Its doc comment, a line each.
    pub(crate) docs: Vec<String>,
    /// The action word that the arm evidently ends in.
    pub(crate) action: Option<&'static Word>,
    /// The `cfg`s that it stands under.
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether there is a guard.
    pub(crate) guarded: bool,
    /// The patterns that stand for bytes, each alternative for itself.
    pub(crate) cases: Vec<Case>,
}

/// One alternative of an arm.
pub(crate) struct Case {
    /// Where its literal stands.
    pub(crate) span: Span,
    pub(crate) shape: Shape,
    /// What stands beside it in a tuple.
    pub(crate) beside: Vec<Beside>,
}

/// A pattern of a tuple that isn't the frame's.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Beside {
    Anything,
    Pattern(String),
}

/// A literal that stands for a whole frame.
pub(crate) struct Literal {
    pub(crate) span: Span,
    pub(crate) length: usize,
}

impl Arm {
    /// What its `cfg`s ask for; None where there is none.
    pub(crate) fn condition(&self) -> Option<TokenStream> {
        let conditions = self.cfgs.iter().filter_map(|cfg| match &cfg.meta {
            Meta::List(list) => Some(&list.tokens),
            _ => None,
        });
        match conditions.collect::<Vec<_>>()[..] {
            [] => None,
            [one] => Some(one.clone()),
            ref all => Some(quote!(all(#(#all),*))),
        }
    }
}

impl Protocol {
    /// The arms that decide on frames, as they are listed and counted.
    pub(crate) fn listed(&self) -> Vec<&Arm> {
        let mut listed = Vec::new();
        for table in self.tables.iter().filter(|table| table.listed) {
            listed.extend(&table.arms);
        }
        listed
    }

    /// The arms over frames that have a shortest length, for what only the compiler can check.
    pub(crate) fn literals(&self) -> Vec<Literal> {
        let mut cases: Vec<&Case> = Vec::new();
        for table in self.tables.iter().filter(|table| table.of_frames) {
            for arm in &table.arms {
                cases.extend(&arm.cases);
            }
        }
        let literals = cases.into_iter().map(|case| Literal {
            span: case.span,
            length: case.shape.min(),
        });
        literals.filter(|literal| literal.length > 0).collect()
    }
}
