//! The roles that a callback's parameter can have.

/// The type in which `handle_call` takes its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Slice,
    Text,
    Shared,
    Http,
    /// A codec's item, by value.
    Item,
}

impl Frame {
    /// Returns whether it is a value of its own, matched by Rust's own patterns.
    pub(crate) fn is_typed(self) -> bool {
        matches!(self, Frame::Http | Frame::Item)
    }
}

/// The role of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Frame,
    Socket,
    /// `&mut T`.
    Session,
    /// `T`, in `closed`.
    OwnedSession,
    /// `&T` or `&mut T`, in `freeze`.
    FrozenSession,
    /// The protocol's state, by value.
    State,
    Peer,
    Message,
    /// A session in bytes.
    Frozen,
    Failure,
    CloseReason,
    ExitReason,
    Supervisor,
}

impl Role {
    /// Returns how it is written, for messages.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Role::Frame => "the frame as `&[u8]`, `&str`, `Bytes`, `Http` or a codec's item",
            Role::Socket => "`&mut Socket`",
            Role::Session => "the session as `&mut T`",
            Role::OwnedSession => "the session by value",
            Role::FrozenSession => "the session as `&T`",
            Role::State => "the state by value",
            Role::Peer => "`Peer<M>`",
            Role::Message => "the message by value",
            Role::Frozen => "`Frozen`",
            Role::Failure => "`&Failure`",
            Role::CloseReason => "`CloseReason`",
            Role::ExitReason => "`&ExitReason`",
            Role::Supervisor => "`&Supervisor`",
        }
    }

    /// Returns whether it is the session, however it comes.
    pub(crate) fn is_session(self) -> bool {
        matches!(self, Role::Session | Role::OwnedSession | Role::FrozenSession)
    }
}
