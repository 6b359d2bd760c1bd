//! A TCP server declared with one attribute.

mod acceptor;
mod action;
mod active;
mod behaviour;
#[doc(hidden)]
pub mod check;
mod connection;
mod context;
mod drive;
mod error;
mod frame;
pub mod input;
mod io;
mod link;
mod listener;
mod log;
mod mailbox;
mod monitor;
mod options;
pub mod packet;
mod peer;
mod pool;
mod reason;
mod registry;
mod reply;
mod run;
mod server;
mod session;
mod socket;
mod start;
mod supervisor;
mod transport;
mod with;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use crate::action::Action;
pub use crate::active::Active;
pub use crate::behaviour::{Frame, TcpServer};
pub use crate::error::{BoxError, Error, ErrorKind, Result};
pub use crate::link::ConnectionId;
pub use crate::mailbox::SendError;
pub use crate::monitor::ConnectionInfo;
pub use crate::options::{BRUTAL_KILL, INFINITY, Options};
pub use crate::packet::Packet;
pub use crate::peer::Peer;
pub use crate::reason::{CloseReason, ExitReason, Failure};
pub use crate::registry::whereis;
pub use crate::reply::{Data, Reply};
pub use crate::run::{Servers, run};
pub use crate::server::{Info, Server, Stopped, Stopping};
pub use crate::socket::Socket;
pub use crate::start::start;
pub use crate::supervisor::{ChildExit, ChildId, ChildInfo, ChildSpec, ExitSignal, Restart, Supervisor, Tree};
pub use crate::with::with;
pub use kai_tcp_server_macros::tcp_server;
