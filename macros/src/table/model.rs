//! The model of the protocol's tables, for the checks and the generated code.

use kai_tcp_server_spec::words::Word;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Meta};

use crate::table::closes::{Closes, Replies};
use crate::table::frame::Frame;
use crate::table::shape::Shape;
use crate::table::state::{Name, States};
use crate::table::ways::Ways;

/// The tables of the block, in order.
#[derive(Default)]
pub(crate) struct Protocol {
    pub(crate) tables: Vec<Table>,
    /// The ways between the states, if the protocol has states.
    pub(crate) edges: Vec<Edge>,
    /// The states that nothing leaves and in which nothing closes, unless they are meant so.
    pub(crate) ends: Vec<Name>,
}

/// One `match` over bytes.
pub(crate) struct Table {
    /// Whether it matches the frame of `handle_call`, and no other bytes.
    pub(crate) of_frames: bool,
    /// Whether its arms are listed in `PROTOCOL`: it matches frames, and isn't inside an arm of
    /// another listed table.
    pub(crate) listed: bool,
    /// Whether a name in it is matched with a `&[u8]`.
    pub(crate) is_slice: bool,
    pub(crate) arms: Vec<Arm>,
}

/// One arm of a table.
pub(crate) struct Arm {
    /// The name that it is given, its first literal word, or else `arm_N`, counted from 1 over all
    /// listed arms.
    pub(crate) name: String,
    /// The place of the name that it is given.
    pub(crate) named: Option<Span>,
    /// The pattern as it is written; a single template is without its quotes.
    pub(crate) pattern: String,
    /// Its doc comment, line by line.
    pub(crate) docs: Vec<String>,
    /// The action word that the arm evidently ends in.
    pub(crate) action: Option<&'static Word>,
    /// The cases in which its action closes the connection.
    pub(crate) closes: Closes,
    /// The cases in which it replies.
    pub(crate) replies: Replies,
    /// Its pattern.
    pub(crate) span: Span,
    /// The states in which it is tried.
    pub(crate) states: States,
    /// The states that it leads to, if the protocol has states.
    pub(crate) ways: Option<Ways>,
    /// The `cfg`s on it.
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether it has a guard.
    pub(crate) guarded: bool,
    /// The patterns of bytes, one for each alternative.
    pub(crate) cases: Vec<Case>,
    /// The form of its frames, one for each alternative.
    pub(crate) frames: Vec<Frame>,
}

/// A piece of code that may lead from state to state.
pub(crate) struct Edge {
    /// The states in which it runs.
    pub(crate) from: States,
    /// The states that it leads to.
    pub(crate) ways: Ways,
    /// The cases in which it closes the connection.
    pub(crate) closes: Closes,
}

/// One alternative of an arm.
pub(crate) struct Case {
    /// The span of its literal.
    pub(crate) span: Span,
    pub(crate) shape: Shape,
    /// The patterns beside it in a tuple.
    pub(crate) beside: Vec<Beside>,
    /// The states in which it is tried.
    pub(crate) states: States,
}

/// A pattern of a tuple, other than the frame's.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Beside {
    Anything,
    Pattern(String),
}

/// A literal that is a whole frame.
pub(crate) struct Literal {
    pub(crate) span: Span,
    pub(crate) length: usize,
}

impl Arm {
    /// Returns the condition of its `cfg`s. Returns `None` if it has none.
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
    /// Returns the arms that match frames, as they are listed and counted.
    pub(crate) fn listed(&self) -> Vec<&Arm> {
        let mut listed = Vec::new();
        for table in self.tables.iter().filter(|table| table.listed) {
            listed.extend(&table.arms);
        }
        listed
    }

    /// Returns the arms over frames that have a minimum length, for checks that only the compiler
    /// can make.
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
