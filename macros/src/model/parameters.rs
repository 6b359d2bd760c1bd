//! Recognises a callback's parameters by their types.

use syn::{Type, TypeReference};

use crate::model::callbacks::Spec;
use crate::model::roles::{Frame, Role};
use crate::options::Options;
use crate::syntax::{alike, bare_type, last_segment};

/// The types of the runtime by which parameters are recognised, and how each is passed.
const KNOWN: [(&str, Role); 7] = [
    ("Socket", Role::Socket),
    ("Peer", Role::Peer),
    ("Failure", Role::Failure),
    ("Frozen", Role::Frozen),
    ("CloseReason", Role::CloseReason),
    ("ExitReason", Role::ExitReason),
    ("Supervisor", Role::Supervisor),
];

/// The way a parameter is passed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    Value,
    Shared,
    Exclusive,
}

fn passing(role: Role) -> Passing {
    match role {
        Role::Socket | Role::Session => Passing::Exclusive,
        Role::Failure | Role::ExitReason | Role::FrozenSession | Role::Supervisor => Passing::Shared,
        Role::Frame
        | Role::OwnedSession
        | Role::State
        | Role::Peer
        | Role::Message
        | Role::Frozen
        | Role::CloseReason => Passing::Value,
    }
}

/// Returns the role of a parameter of this type in this callback. Returns `None` if it has none.
pub(crate) fn role(callback: &Spec, ty: &Type) -> Option<Role> {
    let (by, inner) = passed(ty);
    // Elsewhere a type of this name is the program's own.
    let known = known(inner).filter(|&role| role != Role::Frozen || callback.can_take(role));
    let role = match (by, known) {
        (by, Some(role)) if passing(role) == by && callback.can_take(role) => role,
        _ if callback.can_take(Role::Frame) && frame(ty).is_some() => Role::Frame,
        (Passing::Shared | Passing::Exclusive, None | Some(Role::Peer))
            if callback.can_take(Role::FrozenSession) && !is_unsized(inner) =>
        {
            Role::FrozenSession
        }
        (Passing::Exclusive, None | Some(Role::Peer)) if !is_unsized(inner) => Role::Session,
        (Passing::Value, None) if is_a_type(inner) => by_value(callback),
        // It may be a session or a message, but a codec never makes one of bytes.
        (Passing::Value, Some(Role::Peer)) if !callback.can_take(Role::Frame) => by_value(callback),
        (Passing::Shared, None) if is_static(ty) => Role::Message,
        _ => return None,
    };
    callback.can_take(role).then_some(role)
}

/// Returns the role of a value of unknown type: a frame if the packet mode is a codec.
fn by_value(callback: &Spec) -> Role {
    [Role::Frame, Role::OwnedSession]
        .into_iter()
        .find(|&role| callback.can_take(role))
        .unwrap_or(Role::Message)
}

/// Returns whether a parameter is the protocol's state, and whether it is passed by value, as it
/// should be.
pub(crate) fn state(ty: &Type, options: &Options) -> Option<bool> {
    let states = options.state.as_ref()?;
    let (by, inner) = passed(ty);
    alike(inner, &Type::Path(states.clone())).then_some(by == Passing::Value)
}

/// Returns how a frame of this type is taken.
pub(crate) fn frame(ty: &Type) -> Option<Frame> {
    match passed(ty) {
        (Passing::Shared, Type::Slice(slice)) => is_named(&slice.elem, "u8").then_some(Frame::Slice),
        (Passing::Shared, inner) => is_named(inner, "str").then_some(Frame::Text),
        (Passing::Value, inner) if is_named(inner, "Http") => Some(Frame::Http),
        (Passing::Value, inner) => is_named(inner, "Bytes").then_some(Frame::Shared),
        (Passing::Exclusive, _) => None,
    }
}

/// Returns whether a frame can have this type: under a codec any value, otherwise bytes.
pub(crate) fn is_frame(ty: &Type, options: &Options) -> bool {
    match options.codec() {
        Some(_) => matches!(passed(ty).0, Passing::Value),
        None => options.packet_is_wrong || frame(ty).is_some(),
    }
}

/// Returns the `T` of `&mut T`.
pub(crate) fn lent(ty: &Type) -> &Type {
    passed(ty).1
}

/// Returns how a type of the runtime should be passed, if it is passed otherwise.
pub(crate) fn intended(ty: &Type) -> Option<Role> {
    known(passed(ty).1)
}

/// Returns whether it is a `&mut T`.
pub(crate) fn is_exclusive(ty: &Type) -> bool {
    passed(ty).0 == Passing::Exclusive
}

/// Returns whether it is a `Peer`, of any message.
pub(crate) fn is_peer(ty: &Type) -> bool {
    intended(ty) == Some(Role::Peer)
}

/// Returns whether a type looks like a frame and isn't one.
pub(crate) fn is_like_a_frame(ty: &Type) -> bool {
    let inner = passed(ty).1;
    is_unsized(inner)
        || ["String", "Vec", "Bytes", "BytesMut", "Cow", "Http"]
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

fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

fn is_unsized(ty: &Type) -> bool {
    matches!(ty, Type::Slice(_) | Type::TraitObject(_)) || is_named(ty, "str")
}

/// Returns whether a value can have this type: `impl Trait` and `_` don't name one.
fn is_a_type(ty: &Type) -> bool {
    !matches!(
        bare_type(ty),
        Type::ImplTrait(_) | Type::Infer(_) | Type::Never(_) | Type::Slice(_)
    )
}

fn is_static(ty: &Type) -> bool {
    matches!(bare_type(ty), Type::Reference(reference) if reference.lifetime.as_ref().is_some_and(|l| l.ident == "static"))
}
