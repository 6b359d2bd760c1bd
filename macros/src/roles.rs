//! What a callback's parameter is, told by its type.

use syn::{Type, TypeReference};

use crate::callbacks::Kind;
use crate::syntax::{bare_type, last_segment};

/// How `handle_call` takes its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Slice,
    Text,
    Shared,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Frame,
    Socket,
    /// `&mut T`.
    Session,
    /// `T`, in `closed`.
    OwnedSession,
    Peer,
    Message,
    Failure,
    CloseReason,
    ExitReason,
    Supervisor,
}

impl Role {
    /// How it is written, for messages.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Role::Frame => "the frame as `&[u8]`, `&str` or `Bytes`",
            Role::Socket => "`&mut Socket`",
            Role::Session => "the session as `&mut T`",
            Role::OwnedSession => "the session by value",
            Role::Peer => "`Peer<M>`",
            Role::Message => "the message by value",
            Role::Failure => "`&Failure`",
            Role::CloseReason => "`CloseReason`",
            Role::ExitReason => "`&ExitReason`",
            Role::Supervisor => "`&Supervisor`",
        }
    }
}

/// The types of the runtime that parameters are known by, and how each is passed.
const KNOWN: [(&str, Role); 6] = [
    ("Socket", Role::Socket),
    ("Peer", Role::Peer),
    ("Failure", Role::Failure),
    ("CloseReason", Role::CloseReason),
    ("ExitReason", Role::ExitReason),
    ("Supervisor", Role::Supervisor),
];

/// How a parameter is passed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    Value,
    Shared,
    Exclusive,
}

impl Role {
    fn passing(self) -> Passing {
        match self {
            Role::Socket | Role::Session => Passing::Exclusive,
            Role::Failure | Role::ExitReason | Role::Supervisor => Passing::Shared,
            Role::Frame | Role::OwnedSession | Role::Peer | Role::Message | Role::CloseReason => Passing::Value,
        }
    }
}

/// What a parameter of this type is in this callback. None for what can't be placed.
pub(crate) fn role(callback: Kind, ty: &Type) -> Option<Role> {
    let (passing, inner) = passed(ty);
    if let Some(role) = known(inner).filter(|role| role.passing() == passing) {
        return Some(role);
    }
    if frame(ty).is_some() && callback == Kind::HandleCall {
        return Some(Role::Frame);
    }
    match (passing, callback) {
        (Passing::Exclusive, _) if !is_unsized(inner) && !passed_otherwise(inner) => Some(Role::Session),
        (Passing::Value, Kind::HandleInfo) if is_a_type(ty) => Some(Role::Message),
        (Passing::Value, Kind::Closed) if is_a_type(ty) => Some(Role::OwnedSession),
        (Passing::Shared, Kind::HandleInfo) if is_static(ty) => Some(Role::Message),
        _ => None,
    }
}

/// How a frame of this type is taken.
pub(crate) fn frame(ty: &Type) -> Option<Frame> {
    match passed(ty) {
        (Passing::Shared, Type::Slice(slice)) => is_named(&slice.elem, "u8").then_some(Frame::Slice),
        (Passing::Shared, inner) => is_named(inner, "str").then_some(Frame::Text),
        (Passing::Value, inner) => is_named(inner, "Bytes").then_some(Frame::Shared),
        (Passing::Exclusive, _) => None,
    }
}

/// What `&mut T` lends.
pub(crate) fn lent(ty: &Type) -> &Type {
    passed(ty).1
}

/// How a type of the runtime should be passed where it is passed otherwise.
pub(crate) fn intended(ty: &Type) -> Option<Role> {
    known(passed(ty).1)
}

/// What looks like a frame and isn't one.
pub(crate) fn is_like_a_frame(ty: &Type) -> bool {
    let inner = passed(ty).1;
    is_unsized(inner)
        || ["String", "Vec", "Bytes", "BytesMut", "Cow"]
            .iter()
            .any(|name| is_named(inner, name))
}

fn passed(ty: &Type) -> (Passing, &Type) {
    match bare_type(ty) {
        Type::Reference(TypeReference { mutability, elem, .. }) => {
            let passing = if mutability.is_some() {
                Passing::Exclusive
            } else {
                Passing::Shared
            };
            (passing, bare_type(elem))
        }
        ty => (Passing::Value, ty),
    }
}

fn known(ty: &Type) -> Option<Role> {
    let segment = last_segment(ty)?;
    KNOWN
        .iter()
        .find(|(name, _)| segment.ident == name)
        .map(|&(_, role)| role)
}

/// Types of the runtime that no session is. A `Peer` can be one.
fn passed_otherwise(ty: &Type) -> bool {
    known(ty).is_some_and(|role| role != Role::Peer)
}

fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

fn is_unsized(ty: &Type) -> bool {
    matches!(ty, Type::Slice(_) | Type::TraitObject(_)) || is_named(ty, "str")
}

/// Whether a value can be of this type: `impl Trait` and `_` say none.
fn is_a_type(ty: &Type) -> bool {
    !matches!(
        bare_type(ty),
        Type::ImplTrait(_) | Type::Infer(_) | Type::Never(_) | Type::Slice(_)
    )
}

fn is_static(ty: &Type) -> bool {
    matches!(bare_type(ty), Type::Reference(reference) if reference.lifetime.as_ref().is_some_and(|l| l.ident == "static"))
}
