//! Lists the protocol on the server's type: as a constant at run time, and as a table in the
//! documentation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ImplItem, ItemImpl, Path, parse_quote};

use super::frames::Parts;
use super::graph::{Graph, Node};
use super::{markdown, picture};
use crate::options::Options;
use crate::syntax::text;
use crate::table::state::States;
use crate::table::{Arm, Closes, Protocol};

/// Makes the constant `PROTOCOL`. The expansion names it nowhere, so a program that doesn't either
/// doesn't contain it.
///
/// The names that the arms are made with are imported, and their type is generic, so that the compiler
/// evaluates them only where they are used: a build is as fast as without them.
pub(super) fn constant(protocol: &Protocol, krate: &Path) -> ImplItem {
    let mut parts = Parts::default();
    let arms: Vec<TokenStream> = protocol
        .listed()
        .into_iter()
        .map(|arm| element(arm, &mut parts))
        .collect();
    let parts = parts.constants().map(|parts| quote!(impl<T> Table<T> { #parts }));
    let (table, arms) = if arms.is_empty() {
        (TokenStream::new(), quote!(Nothing))
    } else {
        let table = quote! {
            struct Table<T>(T);
            #parts
            impl<T> Listed for Table<T> {
                const ARMS: &'static [Arm] = &[#(#arms),*];
            }
        };
        (table, quote!(Table<()>))
    };
    // It isn't parsed again, which takes syn longer than to make it.
    ImplItem::Verbatim(quote! {
        /// The protocol as data: how frames are found, and the arms that decide on them.
        #[allow(dead_code)]
        pub const PROTOCOL: &'static #krate::__private::protocol::Protocol = {
            use #krate::__private::protocol::*;
            #table
            protocol::<Self, #arms>()
        };
    })
}

/// Makes what the constant asks of the type.
pub(super) fn declared(block: &ItemImpl, options: &Options) -> TokenStream {
    let (generics, _, clause) = block.generics.split_for_impl();
    let (ty, ignore_case) = (&block.self_ty, options.ignore_case);
    let codec = options.codec().map(text).unwrap_or_default();
    let states = options.state.as_ref().map(|states| {
        quote! {
            const STATES: &'static [&'static ::core::primitive::str] = {
                #[allow(unused_imports)]
                use __kai::states::Unknown as _;
                __kai::states::Known::<#states>::NAMES
            };
            const LAST: &'static [&'static ::core::primitive::str] = {
                #[allow(unused_imports)]
                use __kai::states::Unknown as _;
                __kai::states::Known::<#states>::LAST
            };
        }
    });
    quote! {
        #[doc(hidden)]
        impl #generics __kai::protocol::Declared for #ty #clause {
            const OPTIONS: __kai::Options = Self::OPTIONS;
            const CODEC: &'static str = #codec;
            const IGNORE_CASE: bool = #ignore_case;
            #states
        }
    }
}

fn element(arm: &Arm, parts: &mut Parts) -> TokenStream {
    let Arm {
        name,
        docs,
        cfgs,
        guarded,
        ..
    } = arm;
    let (pattern, docs) = (pattern(arm), docs.join("\n"));
    let docs = docs.trim();
    let closes = match arm.closes {
        Closes::Always => quote!(Always),
        Closes::Sometimes => quote!(Sometimes),
        Closes::Never => quote!(Never),
        Closes::Unknown => quote!(Unknown),
    };
    let frame = parts.all(&arm.frames, &pattern);
    let made = quote!(arm(#name, #pattern, #docs, #guarded, #closes, #frame));
    match &arm.ways {
        None => quote!(#(#cfgs)* #made),
        Some(ways) => {
            let states = named(arm.states.names().iter().map(|state| &state.name));
            let (next, open) = (named(&ways.names), ways.open);
            quote!(#(#cfgs)* within(#made, &[#(#states),*], &[#(#next),*], #open))
        }
    }
}

/// Returns the names of states, each once.
fn named<'n>(names: impl IntoIterator<Item = &'n String>) -> Vec<&'n String> {
    let mut once: Vec<&String> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

/// Makes the list of the arms that are counted, for the behaviour. It is no part of `PROTOCOL`, which
/// would be in each program then.
pub(super) fn list(protocol: &Protocol) -> Option<TokenStream> {
    let listed = protocol.listed();
    let arms = listed.iter().map(|arm| {
        let Arm { name, cfgs, .. } = arm;
        let pattern = pattern(arm);
        quote!(#(#cfgs)* __kai::ListedArm::new(#name, #pattern))
    });
    (!listed.is_empty()).then(|| quote!(const ARMS: &'static [__kai::ListedArm] = &[#(#arms),*];))
}

/// Formats a pattern in one line.
fn pattern(arm: &Arm) -> String {
    let escaped = |letter: char| match letter {
        letter if letter.is_control() => letter.escape_debug().to_string(),
        letter => letter.to_string(),
    };
    arm.pattern.chars().map(escaped).collect()
}

/// The columns' titles in the documentation of arms.
const TITLES: [&str; COLUMNS] = ["frame", "states", "next", "meaning", "answer"];

const COLUMNS: usize = 5;

/// Returns the documentation of the block's table, line by line. rustdoc shows it on the type's
/// page. With `behind` it follows documentation that the user wrote.
pub(super) fn docs(protocol: &Protocol, behind: bool) -> Vec<Attribute> {
    let rows: Vec<(&Arm, [String; COLUMNS])> = protocol.listed().into_iter().map(|arm| (arm, row(arm))).collect();
    let used = std::array::from_fn(|column| rows.iter().any(|(_, row)| !row[column].is_empty()));
    if rows.is_empty() {
        return Vec::new();
    }
    let between = behind.then_some("");
    let intro = " The protocol, arm by arm; the first that matches a frame decides.";
    let head = [line(&TITLES, used), line(&["---"; COLUMNS], used)];
    let mut docs: Vec<Attribute> = between
        .into_iter()
        .chain([intro, "", &head[0], &head[1]])
        .map(|line| parse_quote!(#[doc = #line]))
        .collect();
    docs.extend(rows.iter().map(|(arm, row)| {
        let line = line(row, used);
        match arm.condition() {
            None => parse_quote!(#[doc = #line]),
            Some(condition) => parse_quote!(#[cfg_attr(#condition, doc = #line)]),
        }
    }));
    let arms: Vec<&Arm> = rows.iter().map(|(arm, _)| *arm).collect();
    let graph = Graph::of(&arms);
    docs.extend(
        graph
            .iter()
            .flat_map(graph_docs)
            .map(|line| parse_quote!(#[doc = #line])),
    );
    docs
}

/// Returns the documentation of the states' graph, line by line. A blank line would end the
/// picture.
fn graph_docs(graph: &Graph) -> [String; 4] {
    let mut intro = " The states, and the arms that lead from one to another.".to_owned();
    if graph.edges.iter().any(|edge| edge.may) {
        intro += " Along a dashed line it may: the arm's code decides, or it can't be told.";
    }
    if graph.nodes.contains(&Node::Unknown) {
        intro += " `…` stands for states that can't be told.";
    }
    let picture = format!(" <div>{}</div>", picture::svg(graph));
    [String::new(), intro, String::new(), picture]
}

/// Formats a line of a Markdown table with the used columns.
fn line(cells: &[impl AsRef<str>; COLUMNS], used: [bool; COLUMNS]) -> String {
    let cells = cells.iter().zip(used).filter(|(_, used)| *used);
    let cells: Vec<&str> = cells.map(|(cell, _)| cell.as_ref()).collect();
    format!(" | {} |", cells.join(" | "))
}

fn row(arm: &Arm) -> [String; COLUMNS] {
    let listed = |names: Vec<&String>| names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let next = arm.ways.as_ref().map(|ways| {
        let open = ways.open.then_some("…");
        let names = named(&ways.names).into_iter().map(String::as_str);
        names.chain(open).collect::<Vec<_>>().join(", ")
    });
    let guard = if arm.guarded { " if …" } else { "" };
    let states = match (&arm.states, &arm.ways) {
        (_, None) => String::new(),
        (States::Any, _) => "any".to_owned(),
        (States::Unknown, _) => "…".to_owned(),
        (States::Named(names), _) => listed(named(names.iter().map(|state| &state.name))),
    };
    [
        markdown::code(&pattern(arm)) + guard,
        states,
        next.unwrap_or_default(),
        markdown::cell(&arm.docs),
        arm.action.map_or("", |word| word.answer).to_owned(),
    ]
}
