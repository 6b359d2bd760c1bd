//! The states of a table: the parameter that is the state, and the states that nothing leaves.

use crate::model::Server;
use crate::model::callbacks::Kind;
use crate::model::roles::Role;
use crate::options::Options;
use crate::table::closes::Closes;
use crate::table::model::{Arm, Edge};
use crate::table::state::{Name, Parameter, States};

/// Returns the parameter of `handle_call` that is the state.
pub(super) fn parameter(server: &Server, options: &Options) -> Option<Parameter> {
    let call = server.callback(Kind::HandleCall)?;
    Some(Parameter {
        name: call.parameter(Role::State)?.name.clone()?,
        states: options.state.clone()?,
    })
}

/// Returns the states that nothing leaves or closes in, each where an arm names it first.
pub(super) fn ends(arms: &[&Arm], edges: &[Edge]) -> Vec<Name> {
    let mut ends: Vec<Name> = Vec::new();
    let is_left = |name: &str| {
        let mut edges = edges.iter().filter(|edge| match &edge.from {
            States::Any | States::Unknown => true,
            States::Named(_) => edge.from.has(name),
        });
        edges.any(|Edge { ways, closes, .. }| {
            ways.open || ways.fails || ways.names.iter().any(|other| other != name) || *closes != Closes::Never
        })
    };
    for name in arms.iter().flat_map(|arm| arm.states.names()) {
        let is_known = ends.iter().any(|other| other.name == name.name);
        if !is_known && !is_left(&name.name) {
            ends.push(name.clone());
        }
    }
    ends
}
