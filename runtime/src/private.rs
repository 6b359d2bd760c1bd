//! What the attribute's expansion names: nothing here is for people.

#[path = "private/codec.rs"]
mod codec;
#[path = "private/constant.rs"]
mod constant;
#[path = "private/described.rs"]
mod described;
#[path = "private/inspected.rs"]
mod inspected;
#[path = "private/protocol.rs"]
pub mod protocol;
#[path = "private/session.rs"]
pub mod session;
#[path = "private/states.rs"]
pub mod states;
#[cfg(feature = "__test_hooks")]
#[path = "private/test_hooks.rs"]
mod test_hooks;
#[path = "private/transcript.rs"]
mod transcript;
#[path = "private/unseen.rs"]
pub mod unseen;
#[path = "private/written.rs"]
mod written;

pub use self::codec::*;
pub use self::described::*;
pub use self::inspected::*;
#[cfg(feature = "__test_hooks")]
pub use self::test_hooks::*;
pub use self::transcript::*;
pub use self::written::*;
pub use crate::api::action::Action;
pub use crate::api::input::{HttpLine, Shared, Slice, Text, WithSocket};
pub use crate::api::peer::Peer;
pub use crate::api::socket::Socket;
pub use crate::api::state::ProtocolState;
pub use crate::api::tcp_server::{Frame, Shareable, TcpServer};
pub use crate::error::BoxError;
pub use crate::io::frozen::Frozen;
pub use crate::options::active::Active;
pub use crate::options::cidr::Cidr;
pub use crate::options::overload::Overload;
pub use crate::options::proxy_protocol::ProxyProtocol;
pub use crate::options::{BRUTAL_KILL, INFINITY, Options};
pub use crate::packet::Packet;
pub use crate::reason::{CloseReason, ExitReason, Failure};
pub use crate::supervisor::Supervisor;
pub use crate::table::arm::ListedArm;
pub use crate::table::state::ListedState;
pub use core::future::Future;
pub use core::marker::Send;
pub use kai_tcp_server_macros::{bits_build, bits_match};

/// What is evaluated while a server compiles: the checks of the options, and of what a server says
/// besides.
pub mod check {
    pub use crate::options::check::*;

    /// Whether a frame can be as long as a literal that the table compares it with.
    pub const fn literal(length: usize, packet_size: usize) -> Option<&'static str> {
        if length > packet_size {
            return Some(
                "no frame matches this literal: it exceeds packet_size, and a longer frame closes the connection; raise packet_size",
            );
        }
        None
    }
}

/// What the arms of tables are made of.
pub mod arms {
    pub use super::constant::Constant;
    pub use crate::table::counters::hit;
    pub use crate::table::template::*;
    pub use kai_tcp_server_spec::template::has_capture;
}

/// What `bits!` becomes, as a pattern and as a macro.
pub mod bits {
    pub use crate::table::bits::*;
}

/// The parts that clients are made of.
pub mod client {
    pub use crate::client::*;
    pub use crate::error::Result;
    pub use crate::packet::Packet;
    pub use bytes::Bytes;
}

/// What builds bytes in a block that says `bits!`.
pub mod layouts {
    pub use crate::bits;
}

/// What each callback of the behaviour returns.
pub type Returned<T> = Result<T, BoxError>;

/// What a callback may return for a `T`: a `T`, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "a callback that should return `{T}` returns `{Self}`",
    label = "neither `{T}` nor a `Result` of it with an error that converts into `Box<dyn Error + Send + Sync>`",
    note = "any error is `kai_tcp_server::BoxError`, which is `Box<dyn Error + Send + Sync>`; without the latter two it can't go to another thread"
)]
pub trait Outcome<T> {
    /// As the behaviour wants it.
    fn outcome(self) -> Returned<T>;
}

impl<T> Outcome<T> for T {
    fn outcome(self) -> Returned<T> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, E: Into<BoxError>> Outcome<T> for Result<T, E> {
    fn outcome(self) -> Returned<T> {
        self.map_err(Into::into)
    }
}

/// The action words after a mistake that leaves open what can be sent.
pub mod any_words {
    use crate::api::action::Action;

    pub use super::words::{__close, __noreply};

    /// Sends whatever it was.
    pub fn reply<'a, T>(_: T) -> Action<'a> {
        Action::noreply()
    }

    /// Sends whatever it was, then closes the connection.
    #[track_caller]
    pub fn close<'a, T>(_: T) -> Action<'a> {
        Action::close()
    }
}

/// The action words, brought into each `fn` of the block that says one.
pub mod words {
    use crate::api::action::Action;
    use crate::reply::Reply;

    /// Sends `data`.
    pub fn reply<'a>(data: impl Reply<'a>) -> Action<'a> {
        Action::reply(data)
    }

    /// Sends `data`, then closes the connection.
    // Clippy would have `|data| close(data)` and `|| close` be `close`, which isn't this function
    // when it stands bare. Of a function that tracks its caller it says no such thing.
    #[track_caller]
    pub fn close<'a>(data: impl Reply<'a>) -> Action<'a> {
        Action::close_with(data)
    }

    /// A bare `close`.
    #[track_caller]
    pub fn __close<'a>() -> Action<'a> {
        Action::close()
    }

    /// A bare `noreply`.
    #[track_caller]
    pub fn __noreply<'a>() -> Action<'a> {
        Action::noreply()
    }
}
