//! Graphs of states, as Graphviz and as a reader of XML take them. A table without states has one
//! state.

#![allow(clippy::unused_self)] // a method that makes an action is given

use std::io::Write as _;
use std::process::{Command, Stdio};

use kai_tcp_server::describe::Description;
use kai_tcp_server::{Action, Packet, ProtocolState, Socket, tcp_server};
use kai_tcp_server_tests::available;
use roxmltree::{Document, Node};

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

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    Größe,
    #[initial]
    Hello,
    Ready,
}

struct Walk;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Walk {
    fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Action {
        match (state, data) {
            (Phase::Hello, "<hello> {name}") => reply(("hello ", name)).next(Phase::Ready),
            (Phase::Ready, "&lt;\\N\" {_}") => noreply.next(Phase::Größe),
            (Phase::Ready, b"more") => noreply.next(Phase::Größe),
            (Phase::Größe, b".") => self.take(),
            (Phase::Größe, b"quit") => close("bye"),
            (Phase::Hello | Phase::Ready, b"either") => {
                if socket.packet() == Packet::Raw {
                    reply("one").next(Phase::Ready)
                } else {
                    close
                }
            }
            (Phase::Ready, b"two") => {
                if socket.packet() == Packet::Raw {
                    reply("one").next(Phase::Größe)
                } else {
                    reply("two").next(Phase::Hello)
                }
            }
            (Phase::Hello, b"else") => elsewhere(),
            (_, b"set") => {
                socket.set_state(Phase::Hello);
                reply("set")
            }
            (_, b"stay") => reply("stay"),
            _ => close("what?"),
        }
    }

    fn take(&self) -> Action {
        reply("taken").next(Phase::Ready)
    }
}

fn elsewhere() -> Action<'static> {
    Action::noreply().next(Phase::Ready)
}

/// An edge has a line without gaps if it is sure, and a line with gaps if the arm's code decides or
/// nobody can tell. A fn of the block names a state, and may close; one from elsewhere may do
/// anything. The arm that stays has no edge.
#[test]
fn each_state_is_a_node_and_each_arm_that_leads_on_an_edge() {
    assert_eq!(
        Description::new("Walk", Walk::PROTOCOL).dot(),
        r#"digraph "Walk" {
    rankdir = LR;
    node [shape = ellipse];
    s0 [label = "Hello", style = bold];
    s1 [label = "Größe"];
    s2 [label = "Ready"];
    s3 [label = "…", shape = plaintext];
    s4 [label = "closed", shape = doublecircle];
    s5 [label = "any state", style = dotted];
    s0 -> s2 [label = "<hello>"];
    s2 -> s1 [label = "&amp;lt;\\N\"\nmore"];
    s1 -> s2 [label = ".", style = dashed];
    s1 -> s3 [label = ".", style = dashed];
    s1 -> s4 [label = "quit"];
    s0 -> s2 [label = "either", style = dashed];
    s0 -> s4 [label = "either", style = dashed];
    s2 -> s2 [label = "either", style = dashed];
    s2 -> s4 [label = "either", style = dashed];
    s2 -> s1 [label = "two", style = dashed];
    s2 -> s0 [label = "two", style = dashed];
    s0 -> s3 [label = "else", style = dashed];
    s5 -> s0 [label = "set"];
    s5 -> s4 [label = "arm_11"];
}
"#
    );
}

/// Draws a graph by Graphviz, which has nothing to say of it.
pub(crate) fn graphviz(dot: &str) -> String {
    let mut graphviz = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    graphviz.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
    let output = graphviz.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}\n{dot}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn graphviz_reads_the_graph_and_shows_names_as_they_are() {
    if !available("dot", &["-V"], "apt-get install graphviz") {
        return;
    }
    let dot = Description::new("Walk \"&lt;\\N\"", Walk::PROTOCOL).dot();
    let svg = graphviz(&dot);
    // It writes a declaration of a document type, which isn't read.
    let svg = &svg[svg.find("<svg").unwrap()..];
    let picture = Document::parse(svg).unwrap();
    let class = |class: &str| {
        let is_it = |node: &Node| node.attribute("class") == Some(class);
        picture.descendants().filter(is_it).count()
    };
    let count = |text: &str| {
        dot.lines()
            .filter(|line| line.contains("->") == (text == "->") && line.starts_with("    s"))
            .count()
    };
    assert_eq!(
        (class("node"), class("edge")),
        (count("s"), count("->")),
        "{dot}\n{svg}"
    );
    shows(&picture, svg);
}

#[test]
fn the_picture_is_xml_and_shows_names_as_they_are() {
    let svg = Description::new("Walk", Walk::PROTOCOL).svg();
    let picture = Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    shows(&picture, &svg);
    // The initial state has a bold line.
    let widths = picture.descendants().filter_map(|node| node.attribute("stroke-width"));
    assert_eq!(widths.filter(|width| *width == "3").count(), 1, "{svg}");
    // Names are above the lines, and white is behind all.
    let last = svg.rfind("<path id=\"arrow").expect("there are lines");
    let (white, more) = (
        svg.find("fill=\"white\"").expect("it is there"),
        svg.find(">more<").expect("it is there"),
    );
    assert!(white < last && last < more, "{svg}");
}

/// Holds a picture to the names of states and arms.
fn shows(picture: &Document<'_>, svg: &str) {
    let texts: String = picture
        .descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .map(|text| format!("|{text}|\n").replace('\u{a0}', " "))
        .collect();
    for name in [
        "Hello",
        "Größe",
        "Ready",
        "closed",
        "any state",
        "…",
        "<hello>",
        "&lt;\\N\"",
        "more",
    ] {
        let is_there = texts.contains(&format!("|{name}")) || texts.contains(&format!("{name}|"));
        assert!(is_there, "{name}: {texts}\n{svg}");
    }
}
