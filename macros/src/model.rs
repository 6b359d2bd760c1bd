//! The impl block as the expansion needs it: which callbacks there are, what each takes, the session's and the message's
//! type.

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
    /// In the order in which they stand in the block.
    pub(crate) callbacks: Vec<Callback>,
    /// The codec whose items are its frames.
    pub(crate) codec: Option<TypePath>,
    /// Those that were meant by the names of other fns.
    pub(crate) missed: Vec<Missed>,
    /// One connection's own state; None is `()`.
    pub(crate) session: Option<Type>,
    /// What other tasks send to a connection; None where nothing takes it.
    pub(crate) message: Option<Type>,
}

/// A fn whose name was taken for a callback's that is written otherwise.
pub(crate) struct Missed {
    pub(crate) name: String,
    pub(crate) spec: &'static Spec,
}

/// One callback.
pub(crate) struct Callback {
    pub(crate) spec: &'static Spec,
    /// Where its name stands.
    pub(crate) span: Span,
    pub(crate) is_async: bool,
    /// Whether it takes `self` at all.
    pub(crate) takes_self: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: ReturnType,
}

/// One parameter, but for `self`.
pub(crate) struct Parameter {
    pub(crate) role: Role,
    pub(crate) ty: Type,
    /// Its name, where it is one.
    pub(crate) name: Option<Ident>,
}

impl Server {
    pub(crate) fn callback(&self, kind: Kind) -> Option<&Callback> {
        self.callbacks.iter().find(|callback| callback.spec.kind == kind)
    }

    /// How `handle_call` takes its frame, and the parameter, if it takes it.
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

    /// The type that it returns, if it says one.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.output {
            ReturnType::Type(_, ty) => Some(ty),
            ReturnType::Default => None,
        }
    }

    /// The type of the session that it takes.
    pub(crate) fn session(&self) -> Option<&Type> {
        let owned = self.parameter(Role::OwnedSession).map(|parameter| &parameter.ty);
        owned.or_else(|| {
            self.parameter(Role::Session)
                .map(|parameter| parameters::lent(&parameter.ty))
        })
    }

    /// The `M` of the `Peer<M>` that it takes.
    pub(crate) fn peers_message(&self) -> Option<&Type> {
        let peer = self.parameter(Role::Peer)?;
        first_argument(last_segment(&peer.ty)?)
    }
}
