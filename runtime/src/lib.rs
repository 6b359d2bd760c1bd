//! A TCP server declared with one attribute.
//!
//! ```no_run
//! use kai_tcp_server::{Action, tcp_server};
//!
//! struct Echo;
//!
//! #[tcp_server(port = 10000, max_processes = 2)]
//! impl Echo {
//!     fn handle_call(&self, data: &[u8]) -> Action {
//!         match data {
//!             b"bye\r\n" => close(b"cya\r\n"),
//!             data => reply(data),
//!         }
//!     }
//! }
//!
//! fn main() -> kai_tcp_server::Result {
//!     kai_tcp_server::run(Echo)
//! }
//! ```
//!
//! It continues the Erlang module `kai_tcp_server` (2008, from the Kai key-value store): options
//! under the same names, the same process design, the packet modes of `gen_tcp`, active and passive
//! mode.
//!
//! # Where to look
//!
//! - [`mod@guide`]: chapters, each of which begins with a program that works, and a table "How do I
//!   …".
//! - [`macro@tcp_server`]: every option, callback and action word.
//! - [`run`] is a whole `main`; [`start`] serves in a runtime of your own and returns a [`Server`],
//!   the handle to inspect and stop it; [`with`] changes [`Options`] at the start; [`on`] and
//!   [`start_on`] serve on a listener that the program has.
//! - [`Socket`] reads and writes in the middle of a call; [`Peer`] sends messages to a connection
//!   from anywhere.
//! - [`TcpServer`] is the behaviour that the attribute implements, for servers written by hand.
//! - [`Supervisor`] is OTP's `one_for_one` supervisor, for servers and for your own tasks.
//! - [`packet`] frames bytes without any I/O, for clients and tests.
//! - The option `client` of [`macro@tcp_server`] declares a client of the same table.
//! - [`trait@ProtocolState`]: the states of a protocol, which the compiler checks.
//! - [`mod@protocol`] is a server's table as data: what a peer may send, and what it looks like.
//! - [`transport`] has the traits of what carries the bytes, for transports of your own.
//!
//! # Guarantees
//!
//! - **`max_processes` is exact**: so many connections are served at one time, also while
//!   [`Server::set_max_processes`] changes the number. Each has a task of its own (a process in
//!   Erlang's sense). Further connections wait in the kernel's backlog and are served in order of
//!   arrival, or are refused ([`Overload`]).
//! - **Calls run one after the other** on a connection. Frames that arrived together are handled
//!   together, and their replies are sent in one write. Before a call waits, earlier replies are
//!   sent; at the latest they are sent when the connection yields, after 512 frames or about 20 ms.
//! - **A peer can harm only its own connection.** An error or a panic of a callback closes that
//!   connection; earlier replies are still sent, and `closed` runs exactly once. A panic of other
//!   user code (a destructor, the `Display` of an error, a subscriber) doesn't end a server either.
//! - **Everything is bounded**: frames by `packet_size`, messages by `mailbox`, unsent replies by
//!   64 KiB (beyond that no frame is handled until the peer has read), time by `recv_timeout`,
//!   `send_timeout` and `close_timeout` and, if set, by `frame_timeout`, `call_timeout` and
//!   `max_age`, log lines by rate and length. An idle connection holds no buffer.
//! - **A call is cancelled only at an `.await`**, and only by `call_timeout`, [`Peer::close`],
//!   [`Server::close`], the end of `shutdown`, or a peer that resets the connection or reads
//!   nothing within `send_timeout`; with `half_close` set to `false` also by the end of the input.
//!   [`Socket::closed`] lets the call know. A handler that blocks its thread can't be cancelled,
//!   and delays the other connections of that thread: move blocking code to
//!   [`spawn_blocking`](https://docs.rs/tokio/latest/tokio/task/fn.spawn_blocking.html).
//! - **A close lingers**: replies are sent, the sending side is shut down, and further input is
//!   read and discarded for at most 1 s or 1 MiB, so that a reset doesn't destroy the last reply.
//!   All of this is over after `close_timeout`, however slowly the peer reads.
//!
//! # Events
//!
//! Events are [`tracing`](https://docs.rs/tracing) events, named `listening`, `accepted`, `closed`,
//! `call failed`, `peer failed`, `all processes busy`, `refused overloaded`, `refused per ip`,
//! `refused denied`, `refused by proxy_protocol`, `handshake failed`, `plain text`, `tls reloaded`,
//! `tls warning`, `recording`, `recording ended`, `recording failed`, `peer told`, `too few
//! descriptors`, `accept failed`, `accepting again`, `child restarted`, `server ended` and so on,
//! with fields for server, acceptor, peer, state of the protocol and reason. An event that a peer
//! can cause has at most the level `warn`, and is written at most 10 times a second for each kind
//! and server. Data from a peer is escaped.
//!
//! # Spans
//!
//! Each connection has a span `connection` at `info` (`id`, `peer`, `server`), and each call a span
//! `call` at `debug` (`arm`, `bytes`) inside it, so that a handler's own events are found by both.
//! Callbacks run inside them. Their target is `kai_tcp_server::span`; they are made only for a
//! subscriber that asks, and [`run`] asks where `RUST_LOG` names this target:
//! `RUST_LOG=info,kai_tcp_server::span=debug`.
//!
//! # Features
//!
//! - `log` (default): [`run`] writes events to standard error.
//! - `codec`: `packet = MyCodec`, for frames that are values of your own type; see the module
//!   `codec`.
//! - `systemd`: [`run`] notifies systemd of readiness, reloads and the stop, and feeds its
//!   watchdog; servers listen on the sockets that it passes (`listen = ["systemd:web"]`).
//! - `test`: the module `test`, whose transcripts are tests, and which explores a server by frames of
//!   its table; for development dependencies.
//! - `describe`: the module `describe`, documents and tools from a server's table.
//! - `inspect`: a handle shows the session of a connection ([`Server::inspect`]) and the table of
//!   its protocol, for pages and tools such as `kai-tcp-server-dashboard`.
//! - `proxy`: the PROXY protocol, by which a load balancer says who its client is.
//! - `metrics`: figures for Prometheus, at `/metrics` on the port of `health` and as the collector
//!   `metrics::Metrics`.
//! - `record`: `record(dir = …)` and [`Server`]'s `record` write what connections say into files,
//!   which can be played again; see the module `record`.
//! - `tls`: `tls(cert = "cert.pem", key = "key.pem")`, by rustls with ring's cryptography;
//!   `tls-provider` is the same with the provider of cryptography that the program installs.
//! - `upgrade`: a new version of the program takes over the listeners and the open connections; the
//!   module of that name.
//! - `serde`: reads [`Options`] from configuration files, and writes them; writes a [`Protocol`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod acceptor;
mod api;
mod client;
mod connection;
#[cfg(feature = "describe")]
pub mod describe;
mod error;
// Its programs need the features that they are about.
#[cfg(any(
    all(doc, not(doctest)),
    all(
        doctest,
        feature = "codec",
        feature = "describe",
        feature = "metrics",
        feature = "proxy",
        feature = "record",
        feature = "serde",
        feature = "test",
        feature = "tls",
        feature = "upgrade"
    )
))]
// The condition is no news to a reader.
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
mod io;
mod log;
#[cfg(feature = "metrics")]
pub mod metrics;
mod options;
pub mod packet;
mod panics;
mod reason;
#[cfg(feature = "record")]
pub mod record;
mod reply;
mod run;
mod server;
mod start;
mod supervisor;
mod table;
#[cfg(feature = "record")]
mod tape;
mod task;
#[cfg(feature = "test")]
pub mod test;
pub mod transport;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub mod upgrade;
#[cfg(not(all(target_os = "linux", feature = "upgrade")))]
#[path = "upgrade/absent.rs"]
mod upgrade;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use crate::accept::listener_set::SuspendedPort;
pub use crate::accept::refused::Refused;
pub use crate::api::action::Action;
pub use crate::api::group::{Broadcast, Group, Groups, JoinError, Membership};
pub use crate::api::input;
pub use crate::api::peer::Peer;
pub use crate::api::socket::Socket;
pub use crate::api::state::ProtocolState;
pub use crate::api::tcp_server::{Frame, Shareable, TcpServer};
pub use crate::api::with::{With, with};
pub use crate::error::{BoxError, Error, ErrorKind, IntoError, Result};
#[cfg(feature = "codec")]
pub use crate::io::codec;
pub use crate::io::frozen::Frozen;
pub use crate::io::link::ConnectionId;
pub use crate::io::mailbox::SendError;
pub use crate::options::active::Active;
pub use crate::options::cidr::Cidr;
pub use crate::options::listing::{OptionInfo, OptionSource};
pub use crate::options::overload::Overload;
pub use crate::options::proxy_protocol::ProxyProtocol;
pub use crate::options::reload::OptionChange;
pub use crate::options::{BRUTAL_KILL, INFINITY, Options};
pub use crate::packet::Packet;
pub use crate::reason::{CloseReason, ExitReason, Failure};
pub use crate::reply::{Data, Reply};
pub use crate::run::{Servers, on, run};
#[cfg(feature = "inspect")]
pub use crate::server::inspections::Inspection;
pub use crate::server::monitor::{ClosedInfo, ConnectionInfo};
pub use crate::server::registry::{servers, whereis};
pub use crate::server::timeouts::Timeouts;
pub use crate::server::{Server, ServerInfo, ServerState, Stopped, Stopping};
pub use crate::start::child::child_spec;
pub use crate::start::{start, start_on};
pub use crate::supervisor::{ChildExit, ChildId, ChildInfo, ChildSpec, ExitSignal, Restart, Supervisor, Tree};
pub use crate::table::arm::{ArmInfo, ListedArm};
pub use crate::table::protocol;
pub use crate::table::protocol::{Arm, Protocol};
pub use crate::table::state::{ListedState, StateInfo};
pub use crate::transport::addr::{LocalAddr, PeerAddr, UnixPeer};
pub use crate::transport::given::GivenListener;
#[cfg(feature = "proxy")]
pub use crate::transport::proxy::info::{ProxyAddr, ProxyInfo, ProxyTls};
#[cfg(feature = "tls-provider")]
pub use crate::transport::tls::handle::Tls;
#[cfg(feature = "tls-provider")]
pub use crate::transport::tls::info::{TlsInfo, TlsVersion};
#[doc(no_inline)]
pub use bytes::Bytes;
// The attribute's documentation is here because here it can link to the runtime and run examples.
pub use kai_tcp_server_macros::ProtocolState;
#[doc = include_str!("tcp_server/overview.md")]
#[doc = "\n# Options\n"]
#[doc = kai_tcp_server_spec::option_table!()]
#[doc = include_str!("tcp_server/options.md")]
#[doc = include_str!("tcp_server/listeners.md")]
#[doc = include_str!("tcp_server/limits.md")]
#[cfg_attr(feature = "tls", doc = include_str!("tcp_server/tls.md"))]
#[cfg_attr(feature = "proxy", doc = include_str!("tcp_server/proxy.md"))]
#[doc = include_str!("tcp_server/readiness.md")]
#[cfg_attr(all(target_os = "linux", feature = "upgrade"), doc = include_str!("tcp_server/upgrades.md"))]
#[cfg_attr(feature = "record", doc = include_str!("tcp_server/recordings.md"))]
#[doc = include_str!("tcp_server/environment.md")]
#[doc = include_str!("tcp_server/time.md")]
#[doc = "\n# Packet modes\n"]
#[doc = "A packet mode says where a frame ends, and what is added to a reply. Except for the strict"]
#[doc = "lines the modes are those of `gen_tcp`, and frame the same bytes as Erlang/OTP does."]
#[doc = "[`packet`](mod@crate::packet) frames bytes without a server.\n"]
#[doc = kai_tcp_server_spec::packet_table!()]
#[doc = include_str!("tcp_server/packets.md")]
#[doc = include_str!("tcp_server/callbacks.md")]
#[doc = include_str!("tcp_server/active.md")]
#[doc = include_str!("tcp_server/actions.md")]
#[doc = include_str!("tcp_server/arms.md")]
#[doc = include_str!("tcp_server/bits.md")]
#[doc = include_str!("tcp_server/states.md")]
#[doc = include_str!("tcp_server/transcripts.md")]
#[doc = include_str!("tcp_server/client.md")]
#[cfg_attr(feature = "describe", doc = include_str!("tcp_server/describe.md"))]
#[cfg_attr(feature = "codec", doc = include_str!("tcp_server/codecs.md"))]
#[cfg_attr(
    not(feature = "codec"),
    doc = "# Codecs\n\nThe feature `codec` lets the packet mode be a type that makes values of bytes."
)]
pub use kai_tcp_server_macros::tcp_server;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
