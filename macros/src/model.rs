//! The model: the impl block as the expansion needs it, with its callbacks, their parameters, and
//! the types of the session and the message.

pub(crate) mod block;
pub(crate) mod callbacks;
pub(crate) mod owned;
pub(crate) mod parameters;
pub(crate) mod roles;
pub(crate) mod signature;

use proc_macro2::Span;
use syn::{Ident, ReturnType, Type, TypePath};

use crate::model::callbacks::{Kind, Spec};
use crate::model::roles::{Frame, Role};
use crate::syntax::{first_argument, last_segment};

/// A server, as its block declares it.
pub(crate) struct Server {
    /// The callbacks, in the order of the block.
    pub(crate) callbacks: Vec<Callback>,
    /// The codec whose items are its frames.
    pub(crate) codec: Option<TypePath>,
    /// The fns that were meant as callbacks under other names.
    pub(crate) missed: Vec<Missed>,
    /// The type of a connection's session; `None` is `()`.
    pub(crate) session: Option<Type>,
    /// The type of the messages to a connection; `None` if the server takes none.
    pub(crate) message: Option<Type>,
}

/// A fn whose name is probably a misspelled callback.
pub(crate) struct Missed {
    pub(crate) name: String,
    pub(crate) spec: &'static Spec,
}

/// One callback.
pub(crate) struct Callback {
    pub(crate) spec: &'static Spec,
    /// The span of its name.
    pub(crate) span: Span,
    pub(crate) is_async: bool,
    /// Whether it takes `self` at all.
    pub(crate) takes_self: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: ReturnType,
}

/// One parameter other than `self`.
pub(crate) struct Parameter {
    pub(crate) role: Role,
    pub(crate) ty: Type,
    /// Its name, if its pattern is only a name.
    pub(crate) name: Option<Ident>,
}

impl Server {
    pub(crate) fn callback(&self, kind: Kind) -> Option<&Callback> {
        self.callbacks.iter().find(|callback| callback.spec.kind == kind)
    }

    /// Returns how `handle_call` takes its frame, and the parameter for it, if there is one.
    pub(crate) fn frame(&self) -> (Frame, Option<&Parameter>) {
        let parameter = self
            .callback(Kind::HandleCall)
            .and_then(|call| call.parameter(Role::Frame));
        let frame = match (&self.codec, parameter) {
            (Some(_), _) => Frame::Item,
            (None, Some(parameter)) => parameters::frame(&parameter.ty).unwrap_or(Frame::Slice),
            (None, None) => Frame::Slice,
        };
        (frame, parameter)
    }
}

impl Callback {
    pub(crate) fn parameter(&self, role: Role) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.role == role)
    }

    /// Returns the type that it returns, if one is written.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.output {
            ReturnType::Type(_, ty) => Some(ty),
            ReturnType::Default => None,
        }
    }

    /// Returns the type of the session that it takes.
    pub(crate) fn session(&self) -> Option<&Type> {
        let session = self.parameters.iter().find(|parameter| parameter.role.is_session())?;
        Some(match session.role {
            Role::OwnedSession => &session.ty,
            _ => parameters::lent(&session.ty),
        })
    }

    /// Returns the `M` of the `Peer<M>` that it takes.
    pub(crate) fn peers_message(&self) -> Option<&Type> {
        let peer = self.parameter(Role::Peer)?;
        first_argument(last_segment(&peer.ty)?)
    }
}
