//! The graph of the states as a picture.

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::Description;
use super::graph::{Graph, Kind};

/// The most nodes and edges of a picture. The layout takes time that grows faster than their number:
/// with 64 nodes and 128 edges it was 20 s.
const NODES_MAX: usize = 40;
const EDGES_MAX: usize = 40;

const FONT_SIZE: usize = 15;
/// The width of a letter and the height of a line, about.
const LETTER: f64 = 9.0;
const LINE: f64 = 20.0;

pub(super) fn write(description: &Description<'_>) -> String {
    draw(&Graph::of(description.protocol))
}

/// Draws a graph, or says that it is too large.
fn draw(graph: &Graph) -> String {
    const ACROSS: Orientation = Orientation::LeftToRight;
    if graph.nodes.len() > NODES_MAX || graph.edges.len() > EDGES_MAX {
        return too_large(graph);
    }
    let mut picture = VisualGraph::new(ACROSS);
    let nodes: Vec<_> = graph
        .nodes
        .iter()
        .map(|node| {
            let label = visible(&node.label);
            let shape = match node.kind {
                Kind::Closed | Kind::Last => ShapeKind::new_double_circle(&label),
                Kind::Unknown | Kind::Any => ShapeKind::new_box(&label),
                Kind::Initial | Kind::State => ShapeKind::new_circle(&label),
            };
            let line_width = if node.kind == Kind::Initial { 3 } else { 1 };
            let size = Point::new(width(&label), 2.0 * LINE);
            picture.add_node(Element::create(shape, look(line_width), ACROSS, size))
        })
        .collect();
    for edge in &graph.edges {
        let labels: Vec<String> = edge.labels.iter().map(|label| visible(label)).collect();
        let style = if edge.may {
            LineStyleKind::Dashed
        } else {
            LineStyleKind::Normal
        };
        let arrow = Arrow::new(
            LineEndKind::None,
            LineEndKind::Arrow,
            style,
            &labels.join("\n"),
            &look(1),
            &None,
            &None,
        );
        picture.add_edge(arrow, nodes[edge.from], nodes[edge.to]);
    }
    let mut svg = SVGWriter::new();
    picture.do_it(false, false, false, &mut svg);
    on_white(&svg.finalize())
}

/// Puts a picture on white, as its lines are black, and the names of arms on white above the lines
/// that they belong to, which the library draws last.
fn on_white(svg: &str) -> String {
    const BEFORE: &str = "</style>";
    let white = "text { paint-order: stroke; stroke: white; stroke-width: 4px; }";
    let svg = svg.replacen("<style>", &format!("<style>{white}"), 1);
    let (head, rest) = svg.split_once(BEFORE).unwrap_or((&svg, ""));
    let lines = rest.find("id=\"arrow0\"").and_then(|at| rest[..at].rfind("<g "));
    let end = rest.rfind("</svg>").unwrap_or(rest.len());
    let lines = lines.unwrap_or(end).min(end);
    let background = "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>";
    [
        head,
        BEFORE,
        background,
        &rest[lines..end],
        &rest[..lines],
        &rest[end..],
    ]
    .concat()
}

/// Returns a picture of a text that says what draws this graph.
fn too_large(graph: &Graph) -> String {
    let (nodes, edges) = (graph.nodes.len(), graph.edges.len());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<svg width="800" height="60" viewBox="0 0 800 60" xmlns="http://www.w3.org/2000/svg">
<text x="10" y="35" font-size="{FONT_SIZE}" font-family="Times,serif">{nodes} nodes and {edges} edges are too many for this picture. Graphviz draws the form dot: dot -Tsvg</text>
</svg>
"#
    )
}

/// Returns how wide a node of this label is.
fn width(label: &str) -> f64 {
    let letters = u32::try_from(label.chars().count().max(4)).unwrap_or(u32::MAX);
    f64::from(letters) * LETTER + 2.0 * LINE
}

fn look(line_width: usize) -> StyleAttr {
    StyleAttr::new(
        Color::fast("black"),
        line_width,
        Some(Color::fast("white")),
        0,
        FONT_SIZE,
    )
}

/// Returns a label without control characters, which XML doesn't have.
fn visible(label: &str) -> String {
    let escaped = |letter: char| match letter {
        letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
            letter.escape_unicode().to_string()
        }
        letter => letter.to_string(),
    };
    label.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Edge, Graph, Kind, Node};
    use super::{EDGES_MAX, NODES_MAX, draw};
    use crate::table::sample::Random;

    /// A graph of so many states and ways between any of them.
    fn graph(nodes: usize, edges: usize, seed: u64) -> Graph {
        let mut random = Random::new(seed);
        let node = |at: usize| Node {
            label: format!("State{at}"),
            kind: if at == 0 { Kind::Initial } else { Kind::State },
        };
        let edge = |at: usize| Edge {
            from: random.below(nodes),
            to: random.below(nodes),
            labels: vec![format!("arm_{at}")],
            may: at.is_multiple_of(2),
        };
        Graph {
            nodes: (0..nodes).map(node).collect(),
            edges: (0..edges).map(edge).collect(),
        }
    }

    #[test]
    fn graphs_are_drawn_up_to_the_bound() {
        for seed in 0..3 {
            for (nodes, edges) in [(1, 0), (1, 3), (2, 9), (9, 20), (NODES_MAX, 0), (NODES_MAX, EDGES_MAX)] {
                let svg = draw(&graph(nodes, edges, seed));
                assert!(svg.contains(&format!(">State{}<", nodes - 1)), "{nodes} {edges}: {svg}");
            }
        }
    }

    #[test]
    fn a_graph_of_all_states_that_there_may_be_says_what_draws_it() {
        for edges in [0, 255, 65025] {
            let svg = draw(&graph(255, edges, 1));
            assert!(
                svg.contains(&format!("255 nodes and {edges} edges are too many")),
                "{svg}"
            );
        }
        assert!(draw(&graph(2, EDGES_MAX + 1, 1)).contains("too many"));
    }
}
