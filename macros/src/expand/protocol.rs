//! The protocol as the server's type lists it: the constant at run time, and a table in the documentation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ImplItem, Path, parse_quote};

use super::markdown;
use crate::arms::{Arm, Protocol};

/// `PROTOCOL`.
pub(super) fn constant(protocol: &Protocol, krate: &Path) -> ImplItem {
    let arms = protocol.listed().map(|arm| element(arm, krate));
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

/// A pattern in one line.
fn pattern(arm: &Arm) -> String {
    let escaped = |letter: char| match letter {
        letter if letter.is_control() => letter.escape_debug().to_string(),
        letter => letter.to_string(),
    };
    arm.pattern.chars().map(escaped).collect()
}

/// What the documentation of the block says of its table, a line each; rustdoc shows it on the type's page.
pub(super) fn docs(protocol: &Protocol) -> Vec<Attribute> {
    let rows: Vec<[String; 3]> = protocol.listed().map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let titles = ["frame", "meaning", "answer"];
    let used: Vec<usize> = (0..titles.len())
        .filter(|&column| rows.iter().any(|row| !row[column].is_empty()))
        .collect();
    let line = |cells: &dyn Fn(usize) -> String| {
        let cells: Vec<String> = used.iter().map(|&column| cells(column)).collect();
        format!(" | {} |", cells.join(" | "))
    };
    let head = [
        String::new(),
        " The protocol, arm by arm; the first that matches a frame decides.".to_owned(),
        String::new(),
        line(&|column| titles[column].to_owned()),
        line(&|_| "---".to_owned()),
    ];
    let rows = rows.iter().map(|row| line(&|column| row[column].clone()));
    head.into_iter()
        .chain(rows)
        .map(|line| parse_quote!(#[doc = #line]))
        .collect()
}

fn row(arm: &Arm) -> [String; 3] {
    let answer = match arm.action {
        Some("reply") => "a reply",
        Some("noreply") => "none",
        Some("close") => "closes the connection",
        _ => "",
    };
    [
        markdown::code(&pattern(arm)),
        markdown::cell(&arm.docs),
        answer.to_owned(),
    ]
}
