//! Lists the protocol on the server's type: as a constant at run time, and as a table in the
//! documentation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ImplItem, parse_quote};

use super::{frames, markdown};
use crate::options::Options;
use crate::syntax::text;
use crate::table::{Arm, Closes, Protocol};

/// Makes the constant `PROTOCOL`. Nothing of the expansion names it, so a program that doesn't, either,
/// hasn't it.
///
/// The arms are a constant of their own, as the one of a generic server can't promote what it borrows.
/// The names that they are made with are imported, so that the expansion stays short.
pub(super) fn constant(protocol: &Protocol, options: &Options) -> ImplItem {
    let Options { krate, ignore_case, .. } = options;
    let arms = protocol.listed().into_iter().map(element);
    let codec = options.codec().map(text);
    let codec = match &codec {
        Some(codec) => quote!(::core::option::Option::Some(#codec)),
        None => quote!(::core::option::Option::None),
    };
    parse_quote! {
        /// The protocol as data: how frames are found, and the arms of the table that decides on
        /// them, in their order.
        #[allow(dead_code)]
        pub const PROTOCOL: &'static #krate::__private::protocol::Protocol = {
            use #krate::__private::protocol::*;
            const ARMS: &[Arm] = &[#(#arms),*];
            &protocol(&Self::OPTIONS, #codec, #ignore_case, ARMS)
        };
    }
}

fn element(arm: &Arm) -> TokenStream {
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
    let frame = frames::all(&arm.frames, &pattern);
    quote!(#(#cfgs)* arm(#name, #pattern, #docs, #guarded, #closes, #frame))
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
const TITLES: [&str; 3] = ["frame", "meaning", "answer"];

/// Returns the documentation of the block's table, line by line. rustdoc shows it on the type's
/// page. With `behind` it follows documentation that the user wrote.
pub(super) fn docs(protocol: &Protocol, behind: bool) -> Vec<Attribute> {
    let rows: Vec<(&Arm, [String; 3])> = protocol.listed().into_iter().map(|arm| (arm, row(arm))).collect();
    let used = [0, 1, 2].map(|column| rows.iter().any(|(_, row)| !row[column].is_empty()));
    if !used.contains(&true) {
        return Vec::new();
    }
    let between = behind.then_some("");
    let intro = " The protocol, arm by arm; the first that matches a frame decides.";
    let head = [line(&TITLES, used), line(&["---"; 3], used)];
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
    docs
}

/// Formats a line of a Markdown table with the used columns.
fn line(cells: &[impl AsRef<str>; 3], used: [bool; 3]) -> String {
    let cells = cells.iter().zip(used).filter(|(_, used)| *used);
    let cells: Vec<&str> = cells.map(|(cell, _)| cell.as_ref()).collect();
    format!(" | {} |", cells.join(" | "))
}

fn row(arm: &Arm) -> [String; 3] {
    [
        markdown::code(&pattern(arm)),
        markdown::cell(&arm.docs),
        arm.action.map_or("", |word| word.answer).to_owned(),
    ]
}
