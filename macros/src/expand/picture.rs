//! The graph of the states as a picture in the documentation: SVG on one line of HTML, which
//! Markdown leaves as it is.
//!
//! States are boxes in a column. Each way on leaves its box to the right, on a line of its own
//! under the names of its arms, and turns into the lane of its target. So no two texts stand at one
//! place, and no line crosses a text. `currentColor` is the colour of text in each of rustdoc's
//! themes. The picture needs no script, no style sheet, and no `id`, which must be the only one of
//! a page.

use std::fmt::Write as _;

use super::graph::{Edge, Graph, Node};

/// The distance between the ways of a box, and between boxes.
const ROW: usize = 22;
const GAP: usize = 12;
/// The first line of a box, from its top, and the space under its last one.
const FIRST: usize = 18;
const LAST: usize = 8;
/// The distance between lanes, and the radius of the turns.
const LANE: usize = 16;
const TURN: usize = 6;
/// The space for an arrow's head.
const HEAD: usize = 8;

/// The most arms that are named at a way, and the most letters of that text and of a state's name.
const NAMES: usize = 4;
const LETTERS: usize = 40;
const LETTERS_OF_A_STATE: usize = 28;

/// A node with its place in the column.
struct Place<'g> {
    node: usize,
    top: usize,
    height: usize,
    /// The height at which ways come in. `None` if none does.
    entry: Option<usize>,
    /// The ways on, each with its height.
    ways: Vec<(&'g Edge, usize)>,
}

/// Draws a graph.
pub(super) fn svg(graph: &Graph) -> String {
    let places = places(graph);
    let labels: Vec<String> = graph.nodes.iter().map(label).collect();
    let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let right = 2 + widest + 28;
    let texts = graph.edges.iter().map(|edge| width(&named(edge))).max().unwrap_or(0);
    let lanes = lanes(&places, graph.nodes.len());
    let x_of = |lane: usize| right + HEAD + texts + 2 * TURN + lane * LANE;
    let count = lanes.iter().flatten().max().map_or(0, |last| last + 1);
    let (wide, high) = (x_of(count), places.last().map_or(0, |last| last.top + last.height + 2));
    let mut shapes = String::new();
    let mut words = String::new();
    for place in &places {
        shape(&graph.nodes[place.node], place, right, &mut shapes);
        let (middle, label) = (place.top + place.height / 2 + 4, escaped(&labels[place.node]));
        let _ = write!(words, "<text x=\"14\" y=\"{middle}\">{label}</text>");
        for (edge, y) in &place.ways {
            let (x, above) = (right + HEAD, y - 5);
            let _ = write!(words, "<text x=\"{x}\" y=\"{above}\">{}</text>", text(edge));
            let entry = places
                .iter()
                .find(|target| target.node == edge.to)
                .and_then(|target| target.entry);
            if let (Some(lane), Some(entry)) = (lanes[edge.to], entry) {
                way(edge, (right, x_of(lane)), (*y, entry), &mut shapes);
            }
        }
        if let (Some(lane), Some(y)) = (lanes[place.node], place.entry) {
            let (from, to) = (x_of(lane) - TURN, right + HEAD);
            let _ = write!(shapes, "<path d=\"M{from} {y}H{to}\"/>");
            let _ = write!(
                shapes,
                "<path d=\"M{right} {y}l{HEAD} -4v8z\" fill=\"currentColor\" stroke=\"none\"/>"
            );
        }
    }
    format!(
        "<svg role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         style=\"max-width:100%;height:auto\" fill=\"none\" stroke=\"currentColor\" font-family=\"monospace\" font-size=\"12\">\
         <title>The states, and the arms that lead from one to another</title>{shapes}\
         <g fill=\"currentColor\" stroke=\"none\">{words}</g></svg>"
    )
}

/// Puts the nodes below one another: the states, then what stands for others.
fn places(graph: &Graph) -> Vec<Place<'_>> {
    let rank = |node: &Node| match node {
        Node::State(_) => 0,
        Node::Any => 1,
        Node::Unknown => 2,
        Node::Closed => 3,
    };
    let mut order: Vec<usize> = (0..graph.nodes.len()).collect();
    order.sort_by_key(|&node| rank(&graph.nodes[node]));
    let mut top = 2;
    let mut places = Vec::new();
    for node in order {
        let mut rows = (top + FIRST..).step_by(ROW);
        let is_entered = graph.edges.iter().any(|edge| edge.to == node);
        let entry = if is_entered { rows.next() } else { None };
        let ways: Vec<_> = graph.edges.iter().filter(|edge| edge.from == node).zip(rows).collect();
        let last = ways.last().map(|(_, y)| *y).or(entry).unwrap_or(top + FIRST);
        let height = last + LAST - top;
        places.push(Place {
            node,
            top,
            height,
            entry,
            ways,
        });
        top += height + GAP;
    }
    places
}

/// Gives each target a lane, in which no other target's lies beside it; short ones are the nearest
/// to the boxes.
fn lanes(places: &[Place<'_>], nodes: usize) -> Vec<Option<usize>> {
    let mut spans = Vec::new();
    for place in places {
        let Some(entry) = place.entry else { continue };
        let ways = places.iter().flat_map(|from| &from.ways);
        let heights = ways.filter(|(edge, _)| edge.to == place.node).map(|(_, y)| *y);
        let (first, last) = heights.fold((entry, entry), |(first, last), y| (first.min(y), last.max(y)));
        spans.push((last - first, first, last, place.node));
    }
    spans.sort_unstable();
    let mut lanes = vec![None; nodes];
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    for (_, first, last, node) in spans {
        let is_free = |lane: &Vec<(usize, usize)>| lane.iter().all(|(from, to)| last < *from || *to < first);
        let lane = taken.iter().position(is_free).unwrap_or_else(|| {
            taken.push(Vec::new());
            taken.len() - 1
        });
        taken[lane].push((first, last));
        lanes[node] = Some(lane);
    }
    lanes
}

fn shape(node: &Node, place: &Place<'_>, right: usize, out: &mut String) {
    let (top, height, width) = (place.top, place.height, right - 2);
    let _ = match node {
        Node::State(_) => write!(
            out,
            "<rect x=\"2\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
        ),
        Node::Any => write!(
            out,
            "<rect x=\"2\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"5\" stroke-dasharray=\"2 3\"/>"
        ),
        Node::Unknown => Ok(()),
        Node::Closed => {
            let (x, y) = (right - 9, place.entry.unwrap_or(top + FIRST));
            write!(
                out,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"8\"/><circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"currentColor\"/>"
            )
        }
    };
}

/// Draws a way from a box into the lane of its target, up to the turn to the target. All ways to a
/// target share the rest.
fn way(edge: &Edge, (right, lane): (usize, usize), (from, to): (usize, usize), out: &mut String) {
    let before = lane - TURN;
    let dashes = if edge.may { " stroke-dasharray=\"4 3\"" } else { "" };
    let _ = write!(out, "<path d=\"M{right} {from}H{before}\"{dashes}/>");
    let (down, up) = (
        (from + TURN, to.saturating_sub(TURN)),
        (from.saturating_sub(TURN), to + TURN),
    );
    let (begin, end) = if from < to { down } else { up };
    let _ = write!(
        out,
        "<path d=\"M{before} {from}Q{lane} {from} {lane} {begin}V{end}Q{lane} {to} {before} {to}\"/>"
    );
}

fn label(node: &Node) -> String {
    match node {
        Node::State(name) => shortened(name, LETTERS_OF_A_STATE),
        Node::Any => "any state".to_owned(),
        Node::Unknown => "…".to_owned(),
        Node::Closed => "closed".to_owned(),
    }
}

/// Names the arms of a way, as many as there is space for.
fn named(edge: &Edge) -> String {
    let mut named = edge.labels[..edge.labels.len().min(NAMES)].join(", ");
    if edge.labels.len() > NAMES {
        let _ = write!(named, ", …");
    }
    shortened(&named, LETTERS)
}

/// Writes the names of a way; all of them when the mouse is over them.
fn text(edge: &Edge) -> String {
    let (short, all) = (named(edge), edge.labels.join(", "));
    if short == all {
        escaped(&short)
    } else {
        format!("{}<title>{}</title>", escaped(&short), escaped(&all))
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}

/// Returns about how wide a text is, at least.
fn width(text: &str) -> usize {
    let tenths: usize = text
        .chars()
        .map(|letter| if u32::from(letter) < 0x1100 { 74 } else { 130 })
        .sum();
    tenths / 10 + 1
}

/// Escapes text for XML, which has no control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                escaped.extend(letter.escape_unicode());
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
