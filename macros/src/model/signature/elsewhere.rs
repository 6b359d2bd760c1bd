//! Messages that say where to get a value that a callback isn't given.

use kai_tcp_server_spec::suggest;
use syn::{FnArg, Pat, Signature, Type};

use crate::model::callbacks::{CALLBACKS, Kind, Spec};
use crate::model::parameters;
use crate::model::roles::Role;
use crate::syntax::text;

/// Names the callbacks that get a parameter of this role.
pub(super) fn known(role: Role) -> String {
    let names = CALLBACKS.iter().filter(|callback| callback.can_take(role));
    let names = suggest::all_of(names.map(|callback| callback.name));
    format!("; {} comes to {names}", role.description())
}

/// Describes how a callback gets its connection's handle.
pub(super) fn peer(spec: &Spec, signature: &Signature, name: &str, ty: &Type) -> String {
    let (callback, ty) = (spec.name, text(parameters::lent(ty)));
    let beginning = format!("`{ty}` can't stand in `{callback}`: a connection's `Peer` comes to `connected`");
    if spec.kind == Kind::Thaw {
        return format!(
            "`{ty}` can't stand in `thaw`, as the connection isn't this program's yet: let the session keep an \
             `Option<{ty}>`, `None` from here, which `taken_over` sets, as it gets the new one"
        );
    }
    let session_as = spec.takes.iter().find(|role| role.is_session());
    let Some(session_as) = session_as else {
        return format!(
            "{beginning}, and `{callback}` is about none; what that keeps in `self`, as in a `Mutex<Vec<{ty}>>`, is here too"
        );
    };
    if let Some(session) = session(spec, signature) {
        return format!(
            "{beginning}, which returns the session: let it be a part of that, and take it here out of `{session}`"
        );
    }
    let lent = match session_as {
        Role::Session => "&mut ",
        Role::FrozenSession => "&",
        _ => "",
    };
    format!(
        "{beginning}, which returns the session: write `fn connected(&self, {name}: {ty}) -> {ty} {{ {name} }}`, and here \
         `{name}: {lent}{ty}`; or let it be a part of a session"
    )
}

/// Returns the parameter that is the session, beside a peer.
fn session(spec: &Spec, signature: &Signature) -> Option<String> {
    signature.inputs.iter().find_map(|input| match input {
        FnArg::Typed(argument) if !parameters::is_peer(&argument.ty) => {
            let role = parameters::role(spec, &argument.ty)?;
            role.is_session().then(|| match &*argument.pat {
                Pat::Ident(name) => format!("{}: {}", name.ident, text(&argument.ty)),
                _ => text(&argument.ty),
            })
        }
        _ => None,
    })
}
