//! The states of a table: the parameter that is the state, and the states that nothing leaves.

use crate::model::Server;
use crate::model::callbacks::Kind;
use crate::model::roles::Role;
use crate::options::Options;
use crate::table::closes::Closes;
use crate::table::model::Arm;
use crate::table::state::{Name, Parameter, States};

/// Returns the parameter of `handle_call` that is the state.
pub(super) fn parameter(server: &Server, options: &Options) -> Option<Parameter> {
    let call = server.callback(Kind::HandleCall)?;
    Some(Parameter {
        name: call.parameter(Role::State)?.name.clone()?,
        states: options.state.clone()?,
    })
}

/// Returns the states that no arm leaves or closes in, each where it is named first.
pub(super) fn ends(arms: &[&Arm]) -> Vec<Name> {
    let mut ends: Vec<Name> = Vec::new();
    let is_left = |name: &str| {
        arms.iter()
            .filter(|arm| !matches!(&arm.states, States::Named(_)) || arm.states.has(name))
            .any(|arm| {
                let ways = arm.ways.clone().unwrap_or_default();
                let leads = ways.names.iter().any(|other| other != name);
                ways.open || ways.fails || leads || arm.closes != Closes::Never
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
