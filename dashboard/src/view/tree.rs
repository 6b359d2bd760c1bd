//! The supervision tree of a server.

use kai_tcp_server::Tree;
use serde_json::{Value, json};

/// The most nodes below one that are shown: a server has an acceptor for each connection.
const CHILDREN: usize = 100;

/// The most levels that are shown.
const DEPTH: usize = 16;

/// Returns the tree, without what is too much to read.
pub(crate) fn of(tree: &Tree) -> Value {
    part(tree, DEPTH)
}

fn part(tree: &Tree, depth: usize) -> Value {
    let shown = if depth == 0 { 0 } else { CHILDREN };
    let children = tree.children.iter().take(shown);
    json!({
        "label": tree.label,
        "children": children.map(|child| part(child, depth - 1)).collect::<Vec<_>>(),
        "more": tree.children.len().saturating_sub(shown),
    })
}
