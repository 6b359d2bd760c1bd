//! What a callback's parameter can be.

/// How `handle_call` takes its frame.
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
    /// Whether it comes as a value of its own, whose patterns are Rust's own.
    pub(crate) fn is_typed(self) -> bool {
        matches!(self, Frame::Http | Frame::Item)
    }
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
            Role::Frame => "the frame as `&[u8]`, `&str`, `Bytes`, `Http` or a codec's item",
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
