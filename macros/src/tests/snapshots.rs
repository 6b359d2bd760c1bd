//! The expansion of servers, so that its size stays visible in review.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p kai-tcp-server-macros` writes the snapshots anew.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, File, Item, Meta};

use crate::entry;

/// Expands the servers of a program, and compares it with its snapshot.
fn snapshot(program: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(root.join("..").join(program)).expect("the program");
    let expanded = prettyplease::unparse(&expand(&source));
    let path = root
        .join("snapshots")
        .join(Path::new(program).file_name().expect("a name"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &expanded).expect("a place to write to");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expanded == kept,
        "the expansion of {program} has changed: look at it, and write it with UPDATE_SNAPSHOTS=1"
    );
    expanded
}

fn expand(source: &str) -> File {
    let mut file = syn::parse_file(source).expect("a program");
    file.items = file.items.into_iter().flat_map(expand_item).collect();
    file
}

fn expand_item(mut item: Item) -> Vec<Item> {
    let Item::Impl(block) = &mut item else {
        return vec![item];
    };
    let ours = |attribute: &Attribute| {
        attribute
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "tcp_server")
    };
    let Some(at) = block.attrs.iter().position(ours) else {
        return vec![item];
    };
    let options = match block.attrs.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let expansion = entry::tcp_server(options, item.into_token_stream());
    syn::parse2::<File>(expansion).expect("items").items
}

#[test]
fn echo() {
    let lines = snapshot("examples/echo.rs").lines().count();
    assert!(lines <= 100, "the echo server's expansion has {lines} lines");
}

#[test]
fn a_conversation() {
    snapshot("ui-tests/pass/chat.rs");
}

#[test]
fn options() {
    snapshot("ui-tests/pass/every_option.rs");
}

#[test]
fn frames() {
    snapshot("ui-tests/pass/ways_to_take_a_frame.rs");
}

#[test]
fn codecs() {
    snapshot("ui-tests/pass/codec.rs");
}

#[test]
fn generics() {
    snapshot("ui-tests/pass/generic_server.rs");
}

#[test]
fn states() {
    snapshot("ui-tests/pass/table_of_states.rs");
}

#[test]
fn handed_over() {
    snapshot("ui-tests/pass/handed_over.rs");
}

#[test]
fn handed_over_by_serde() {
    snapshot("ui-tests/pass/handed_over_by_serde.rs");
}

#[test]
fn lifetimes() {
    snapshot("ui-tests/pass/helpers_in_the_block.rs");
}

#[test]
fn after_a_mistake() {
    snapshot("ui-tests/fail/server/many_mistakes.rs");
}
