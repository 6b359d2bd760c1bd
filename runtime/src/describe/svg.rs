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

const FONT_SIZE: usize = 15;
/// The width of a letter and the height of a line, about.
const LETTER: f64 = 9.0;
const LINE: f64 = 20.0;

pub(super) fn write(description: &Description<'_>) -> String {
    const ACROSS: Orientation = Orientation::LeftToRight;
    let graph = Graph::of(description.protocol);
    let mut picture = VisualGraph::new(ACROSS);
    let nodes: Vec<_> = graph
        .nodes
        .iter()
        .map(|node| {
            let label = visible(&node.label);
            let shape = match node.kind {
                Kind::Closed => ShapeKind::new_double_circle(&label),
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
    svg.finalize()
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
        letter if letter.is_control() => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    label.chars().map(escaped).collect()
}
