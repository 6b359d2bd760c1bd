//! The table of callbacks, which feeds recognition, messages and documentation.

use kai_tcp_server_spec::suggest;

use crate::model::roles::Role;

/// The identity of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Init,
    Connected,
    HandleCall,
    HandleInfo,
    Passive,
    Failed,
    Stopping,
    Closed,
    Freeze,
    Thaw,
    TakenOver,
    Reload,
    Terminate,
}

/// The row of a callback.
pub(crate) struct Spec {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    /// `&self` or `&mut self`.
    pub(crate) receiver: &'static str,
    /// Its other possible parameters.
    pub(crate) takes: &'static [Role],
    /// Whether it returns an `Action`.
    pub(crate) acts: bool,
    /// Its names in other servers, for suggestions.
    pub(crate) synonyms: &'static [&'static str],
}

pub(crate) const CALLBACKS: &[Spec] = &[
    Spec {
        kind: Kind::Init,
        name: "init",
        receiver: "&mut self",
        takes: &[Role::Supervisor],
        acts: false,
        synonyms: &["on_init", "handle_init", "on_start", "handle_start"],
    },
    Spec {
        kind: Kind::Connected,
        name: "connected",
        receiver: "&self",
        takes: &[Role::Socket, Role::Peer],
        acts: false,
        synonyms: &[
            "on_connect",
            "on_connected",
            "handle_connect",
            "handle_connected",
            "on_accept",
            "handle_accept",
            "on_open",
        ],
    },
    Spec {
        kind: Kind::HandleCall,
        name: "handle_call",
        receiver: "&self",
        takes: &[Role::Frame, Role::Socket, Role::Session],
        acts: true,
        synonyms: &[
            "handle_data",
            "handle_frame",
            "handle_line",
            "handle_packet",
            "handle_request",
            "on_call",
            "on_data",
            "on_frame",
        ],
    },
    Spec {
        kind: Kind::HandleInfo,
        name: "handle_info",
        receiver: "&self",
        takes: &[Role::Message, Role::Socket, Role::Session],
        acts: true,
        synonyms: &["handle_cast", "handle_message", "handle_msg", "on_info", "on_message"],
    },
    Spec {
        kind: Kind::Passive,
        name: "passive",
        receiver: "&self",
        takes: &[Role::Socket, Role::Session],
        acts: true,
        synonyms: &[
            "on_passive",
            "handle_passive",
            "tcp_passive",
            "on_tcp_passive",
            "handle_tcp_passive",
        ],
    },
    Spec {
        kind: Kind::Failed,
        name: "failed",
        receiver: "&self",
        takes: &[Role::Failure, Role::Session],
        acts: true,
        synonyms: &[
            "on_error",
            "on_failed",
            "on_failure",
            "handle_error",
            "handle_failed",
            "handle_failure",
            "handle_timeout",
            "on_timeout",
        ],
    },
    Spec {
        kind: Kind::Stopping,
        name: "stopping",
        receiver: "&self",
        takes: &[Role::Socket, Role::Session],
        acts: true,
        synonyms: &[
            "on_stopping",
            "handle_stopping",
            "on_drain",
            "handle_drain",
            "draining",
            "on_goodbye",
        ],
    },
    Spec {
        kind: Kind::Closed,
        name: "closed",
        receiver: "&self",
        takes: &[Role::OwnedSession, Role::CloseReason],
        acts: false,
        synonyms: &[
            "on_close",
            "on_closed",
            "on_disconnect",
            "on_disconnected",
            "handle_close",
            "handle_closed",
            "disconnected",
            "handle_disconnect",
            "handle_tcp_closed",
            "tcp_closed",
        ],
    },
    Spec {
        kind: Kind::Freeze,
        name: "freeze",
        receiver: "&self",
        takes: &[Role::FrozenSession],
        acts: false,
        synonyms: &[
            "on_freeze",
            "handle_freeze",
            "freeze_session",
            "on_save",
            "handle_save",
            "save_session",
            "on_serialize",
            "handle_serialize",
            "serialize_session",
        ],
    },
    Spec {
        kind: Kind::Thaw,
        name: "thaw",
        receiver: "&self",
        takes: &[Role::Frozen],
        acts: false,
        synonyms: &[
            "on_thaw",
            "handle_thaw",
            "thaw_session",
            "on_restore",
            "handle_restore",
            "restore_session",
            "on_deserialize",
            "handle_deserialize",
            "deserialize_session",
            "code_change",
        ],
    },
    Spec {
        kind: Kind::TakenOver,
        name: "taken_over",
        receiver: "&self",
        takes: &[Role::Socket, Role::Peer, Role::Session],
        acts: false,
        synonyms: &[
            "on_taken_over",
            "handle_taken_over",
            "on_takeover",
            "on_take_over",
            "handle_takeover",
            "handle_take_over",
            "on_resume",
            "on_resumed",
            "handle_resume",
            "handle_resumed",
            "resumed",
            "on_upgrade",
            "on_upgraded",
            "handle_upgrade",
            "handle_upgraded",
            "on_handover",
            "on_handed_over",
            "handle_handover",
            "handed_over",
        ],
    },
    Spec {
        kind: Kind::Reload,
        name: "reload",
        receiver: "&self",
        takes: &[],
        acts: false,
        synonyms: &[
            "on_reload",
            "handle_reload",
            "on_hup",
            "handle_hup",
            "on_sighup",
            "handle_sighup",
        ],
    },
    Spec {
        kind: Kind::Terminate,
        name: "terminate",
        receiver: "&self",
        takes: &[Role::ExitReason],
        acts: false,
        synonyms: &[
            "on_terminate",
            "handle_terminate",
            "on_stop",
            "on_shutdown",
            "handle_stop",
            "terminated",
        ],
    },
];

/// Ordinary names that are near a callback's, but mean something else.
const ORDINARY: [&str; 18] = [
    "breeze", "close", "connect", "dropping", "fail", "fails", "freezer", "freezes", "massive", "preload", "shopping",
    "skipping", "stepping", "that", "thaws", "topping", "unit", "unload",
];

/// Returns the callback of this name.
pub(crate) fn find(name: &str) -> Option<&'static Spec> {
    CALLBACKS.iter().find(|callback| callback.name == name)
}

/// Returns the callback that is probably meant by the name of another fn.
pub(crate) fn meant(name: &str) -> Option<&'static Spec> {
    let synonym = CALLBACKS.iter().find(|callback| callback.synonyms.contains(&name));
    synonym.or_else(|| {
        let near = suggest::nearest(name, CALLBACKS.iter().map(|callback| callback.name));
        near.filter(|_| !ORDINARY.contains(&name)).and_then(find)
    })
}

impl Spec {
    /// Describes its possible parameters, for messages.
    pub(crate) fn parameters(&self) -> String {
        let own = std::iter::once(format!("`{}`", self.receiver));
        suggest::join(
            own.chain(self.takes.iter().map(|role| role.description().to_owned())),
            "and",
        )
    }

    /// Returns whether it is about one connection.
    pub(crate) fn is_of_a_connection(&self) -> bool {
        !matches!(self.kind, Kind::Init | Kind::Reload | Kind::Terminate)
    }

    /// Returns the type that it returns and its meaning, where it must return something.
    pub(crate) fn returns(&self) -> Option<(&'static str, &'static str)> {
        match self.kind {
            Kind::Freeze => Some(("Frozen", "the session in bytes")),
            Kind::Reload => Some(("Options", "the options to go on under")),
            _ => self.acts.then_some(("Action", "what to do next")),
        }
    }

    /// Returns whether it can take a parameter of this role.
    pub(crate) fn can_take(&self, role: Role) -> bool {
        self.takes.contains(&role)
    }
}
