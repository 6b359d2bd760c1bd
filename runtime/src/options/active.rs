//! How frames are taken: passive, active, or so many (gen_tcp's `active`).

use std::fmt;

/// How frames are taken from a connection (gen_tcp's `active`).
///
/// It governs frames, never messages: those are handled in any case. A frame that isn't taken
/// waits, and when enough of them wait the peer is held back by TCP. While no frame is taken, the
/// end of the input isn't noticed either.
///
/// # Examples
///
/// A client has ten requests; whoever wants more waits:
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::{Action, Active, Socket, tcp_server};
///
/// struct Rationed;
///
/// #[tcp_server(port = 10000, active = 10)]
/// impl Rationed {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
///
///     async fn passive(&self, socket: &mut Socket) -> Action {
///         tokio::time::sleep(Duration::from_secs(1)).await;
///         socket.set_active(Active::Count(10));
///         noreply
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Active {
    /// Passive: the next frame is looked at when the call before it is done. With a `handle_info`,
    /// frames wait until the connection is made active or `recv` asks for one.
    #[default]
    False,
    /// The connection takes what comes first, the next frame or the next message.
    True,
    /// One frame, then none, of which nothing tells but the frame itself. Where no messages can
    /// come, `recv_timeout` ends a connection that nobody makes active again.
    Once,
    /// So many frames, then none, as after [`Once`](Active::Once);
    /// [`passive`](crate::TcpServer::passive) tells when they have run out. Of 0 frames it tells at
    /// once.
    Count(u32),
}

/// As the attribute spells it.
impl fmt::Display for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Active::False => f.write_str("false"),
            Active::True => f.write_str("true"),
            Active::Once => f.write_str("once"),
            Active::Count(frames) => frames.fmt(f),
        }
    }
}

/// Which frames are taken from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    All,
    /// One, and none after it.
    Once,
    /// So many. After the last one it is `Count(0)`: that they have run out is still to be told.
    Count(u32),
    None,
}

impl Intake {
    pub(crate) fn new(active: Active, takes_messages: bool) -> Self {
        match active {
            Active::True => Intake::All,
            // Without messages nothing but frames can come: passive is one frame after the other.
            Active::False if !takes_messages => Intake::All,
            Active::False => Intake::None,
            Active::Once => Intake::Once,
            Active::Count(n) => Intake::Count(n),
        }
    }

    /// Whether the next frame is taken.
    pub(crate) fn is_open(self) -> bool {
        // What nearly all are comes first.
        matches!(self, Intake::All) || !matches!(self, Intake::None | Intake::Count(0))
    }

    /// Whether frames have run out and nobody was told.
    pub(crate) fn has_run_out(self) -> bool {
        self == Intake::Count(0)
    }

    /// One frame more is taken.
    #[inline]
    pub(crate) fn take(&mut self) {
        *self = match *self {
            Intake::All => return,
            Intake::Count(n) => Intake::Count(n.saturating_sub(1)),
            Intake::Once | Intake::None => Intake::None,
        };
    }
}
