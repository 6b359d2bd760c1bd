//! Graphs of states. A table without states has one state.

use kai_tcp_server::describe::Description;

use crate::tables;

#[test]
fn a_table_without_states_has_one_that_closes() {
    let dot = Description::new("Pl\"ain", tables::Plain::PROTOCOL).dot();
    assert_eq!(
        dot,
        r#"digraph "Pl\"ain" {
    rankdir = LR;
    node [shape = ellipse];
    s0 [label = "open", style = bold];
    s1 [label = "closed", shape = doublecircle];
    s0 -> s1 [label = "bye"];
}
"#
    );
    let svg = Description::new("Plain", tables::Plain::PROTOCOL).svg();
    for text in ["<svg ", ">open<", ">closed<", ">bye<", "</svg>"] {
        assert!(svg.contains(text), "{text}: {svg}");
    }
}
