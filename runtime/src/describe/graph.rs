//! The graph of a protocol's states.

use crate::table::protocol::{Arm, Closes, Protocol};

/// The states, and how arms lead from one to another.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

pub(super) struct Node {
    pub(super) label: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    State,
    /// One that is meant as the last.
    Last,
    /// Stands for each state, as the beginning of an arm that is tried in any.
    Any,
    /// Stands for states that can't be told.
    Unknown,
    Closed,
}

pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The arms.
    pub(super) labels: Vec<String>,
    /// True if the arm's code decides whether it leads there, or if this can't be told.
    pub(super) may: bool,
}

impl Graph {
    pub(super) fn of(protocol: &Protocol) -> Self {
        let mut graph = Graph {
            nodes: Vec::new(),
            edges: Vec::new(),
        };
        for state in protocol.states {
            let kind = if graph.nodes.is_empty() {
                Kind::Initial
            } else if protocol.last.contains(state) {
                Kind::Last
            } else {
                Kind::State
            };
            graph.nodes.push(Node {
                label: (*state).to_owned(),
                kind,
            });
        }
        if graph.nodes.is_empty() {
            graph.node("open", Kind::Initial);
        }
        protocol
            .iter()
            .for_each(|arm| graph.arm(arm, protocol.states.is_empty()));
        graph
    }

    fn arm(&mut self, arm: &Arm, is_alone: bool) {
        let label = if arm.guarded {
            format!("{} if …", arm.name)
        } else {
            arm.name.to_owned()
        };
        // Another function decides what becomes of the connection: this arm may lead anywhere.
        let is_open = arm.next.open || arm.closes == Closes::Unknown;
        let several = is_open || arm.next.states.len() > 1 || arm.closes == Closes::Sometimes;
        let mut to: Vec<(usize, bool)> = Vec::new();
        for state in arm.next.states {
            to.push((self.node(state, Kind::State), several));
        }
        if is_open {
            to.push((self.node("…", Kind::Unknown), true));
        }
        match arm.closes {
            Closes::Always => to.push((self.node("closed", Kind::Closed), false)),
            Closes::Sometimes => to.push((self.node("closed", Kind::Closed), true)),
            // An arm that stays where it is has no edge.
            Closes::Never | Closes::Unknown => {}
        }
        if to.is_empty() {
            return;
        }
        let from: Vec<usize> = match arm.states {
            [] if is_alone => vec![0],
            [] => vec![self.node("any state", Kind::Any)],
            states => states.iter().map(|state| self.node(state, Kind::State)).collect(),
        };
        for &from in &from {
            for &(to, may) in &to {
                self.edge(from, to, may, &label);
            }
        }
    }

    /// Returns the node of this name, which is added if it isn't there.
    fn node(&mut self, label: &str, kind: Kind) -> usize {
        let is_state = |kind: Kind| matches!(kind, Kind::Initial | Kind::State | Kind::Last);
        let is_it = |node: &Node| node.label == label && (node.kind == kind || is_state(node.kind) && is_state(kind));
        self.nodes.iter().position(is_it).unwrap_or_else(|| {
            self.nodes.push(Node {
                label: label.to_owned(),
                kind,
            });
            self.nodes.len() - 1
        })
    }

    fn edge(&mut self, from: usize, to: usize, may: bool, label: &str) {
        let same = |edge: &&mut Edge| (edge.from, edge.to, edge.may) == (from, to, may);
        if let Some(edge) = self.edges.iter_mut().find(same) {
            if !edge.labels.iter().any(|other| other == label) {
                edge.labels.push(label.to_owned());
            }
        } else {
            self.edges.push(Edge {
                from,
                to,
                labels: vec![label.to_owned()],
                may,
            });
        }
    }
}
