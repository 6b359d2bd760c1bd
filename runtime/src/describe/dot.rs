//! The graph of the states in the language of Graphviz.

use std::fmt::Write as _;

use super::Description;
use super::graph::{Graph, Kind};

pub(super) fn write(description: &Description<'_>) -> String {
    let graph = Graph::of(description.protocol);
    let mut out = format!("digraph {} {{\n", quoted(description.name));
    out.push_str("    rankdir = LR;\n    node [shape = ellipse];\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let shape = match node.kind {
            Kind::Initial => ", style = bold",
            Kind::State => "",
            Kind::Last => ", peripheries = 2",
            Kind::Any => ", style = dotted",
            Kind::Unknown => ", shape = plaintext",
            Kind::Closed => ", shape = doublecircle",
        };
        let _ = writeln!(out, "    s{at} [label = {}{shape}];", label(&node.label));
    }
    for edge in &graph.edges {
        let style = if edge.may { ", style = dashed" } else { "" };
        let label = label(&edge.labels.join("\n"));
        let _ = writeln!(out, "    s{} -> s{} [label = {label}{style}];", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

/// Returns a label between quotes. Graphviz reads the entities of HTML in it: `&lt;` is `<`.
fn label(text: &str) -> String {
    quoted(&text.replace('&', "&amp;"))
}

/// Returns text between quotes. Graphviz reads a backslash before other letters, too.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => quoted.extend(letter.escape_default().flat_map(|part| match part {
                '\\' => vec!['\\', '\\'],
                part => vec![part],
            })),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
