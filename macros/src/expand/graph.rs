//! The graph of the protocol's states, for the documentation: the states by name, and the ways from
//! one to another.
//!
//! `describe` of the runtime draws the same graph from `PROTOCOL`. Here the enum isn't known, so
//! the initial state isn't either, and states stand in the order in which the arms name them.

use crate::table::state::States;
use crate::table::{Arm, Closes};

/// The most nodes and edges of a graph that is drawn.
const NODES_MAX: usize = 24;
const EDGES_MAX: usize = 48;

pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Node {
    State(String),
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
    /// Returns the graph of these arms. Returns `None` if nothing leads from a state to another, or
    /// if it is too large for a picture.
    pub(super) fn of(arms: &[&Arm]) -> Option<Self> {
        let mut graph = Graph {
            nodes: Vec::new(),
            edges: Vec::new(),
        };
        for arm in arms {
            let ways = arm.ways.iter().flat_map(|ways| &ways.names);
            for name in arm.states.names().iter().map(|state| &state.name).chain(ways) {
                graph.node(Node::State(name.clone()));
            }
        }
        if graph.nodes.is_empty() {
            return None;
        }
        for arm in arms {
            graph.arm(arm);
            if graph.nodes.len() > NODES_MAX || graph.edges.len() > EDGES_MAX {
                return None;
            }
        }
        (!graph.edges.is_empty()).then_some(graph)
    }

    fn arm(&mut self, arm: &Arm) {
        let Some(ways) = &arm.ways else { return };
        // Another function decides what becomes of the connection: this arm may lead anywhere.
        let is_open = ways.open || arm.closes == Closes::Unknown;
        let several =
            is_open || ways.names.iter().any(|name| *name != ways.names[0]) || arm.closes == Closes::Sometimes;
        let mut to: Vec<(Node, bool)> = ways
            .names
            .iter()
            .map(|name| (Node::State(name.clone()), several))
            .collect();
        if is_open {
            to.push((Node::Unknown, true));
        }
        match arm.closes {
            Closes::Always => to.push((Node::Closed, false)),
            Closes::Sometimes => to.push((Node::Closed, true)),
            // An arm that stays where it is has no edge.
            Closes::Never | Closes::Unknown => {}
        }
        let from = match &arm.states {
            States::Any => vec![Node::Any],
            States::Named(names) => names.iter().map(|name| Node::State(name.name.clone())).collect(),
            States::Unknown => vec![Node::Unknown],
        };
        let label = label(arm);
        for from in &from {
            for (to, may) in &to {
                let is_may = *may || arm.condition().is_some();
                self.edge(from, to, is_may, &label);
            }
        }
    }

    /// Returns the place of a node, which is added if it isn't there.
    fn node(&mut self, node: Node) -> usize {
        self.nodes.iter().position(|other| *other == node).unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    fn edge(&mut self, from: &Node, to: &Node, may: bool, label: &str) {
        let (from, to) = (self.node(from.clone()), self.node(to.clone()));
        let same = |edge: &&mut Edge| (edge.from, edge.to, edge.may) == (from, to, may);
        match self.edges.iter_mut().find(same) {
            Some(edge) if edge.labels.iter().any(|other| other == label) => {}
            Some(edge) => edge.labels.push(label.to_owned()),
            None => self.edges.push(Edge {
                from,
                to,
                labels: vec![label.to_owned()],
                may,
            }),
        }
    }
}

/// Names an arm, and says on what it depends besides the frame.
fn label(arm: &Arm) -> String {
    let guard = if arm.guarded { " if …" } else { "" };
    let cfg = if arm.condition().is_some() { " (cfg)" } else { "" };
    format!("{}{guard}{cfg}", arm.name)
}
