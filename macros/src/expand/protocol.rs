//! Lists the protocol on the server's type: as a constant at run time, and as a table in the
//! documentation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ImplItem, Path, parse_quote};

use super::markdown;
use crate::table::{Arm, Protocol};

/// Makes the constant `PROTOCOL`.
pub(super) fn constant(protocol: &Protocol, krate: &Path) -> ImplItem {
    let arms = protocol.listed().into_iter().map(|arm| element(arm, krate));
    parse_quote! {
        /// The arms of the table that decides on frames, in their order.
        pub const PROTOCOL: &'static [#krate::__private::Arm] = &[#(#arms),*];
    }
}

fn element(arm: &Arm, krate: &Path) -> TokenStream {
    let Arm { name, docs, cfgs, .. } = arm;
    let (pattern, docs) = (pattern(arm), docs.join("\n"));
    let docs = docs.trim();
    quote!(#(#cfgs)* #krate::__private::Arm::new(#name, #pattern, #docs))
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
