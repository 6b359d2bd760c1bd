//! Documents and tools from a server's table: a grammar, a dissector for Wireshark, what fuzzers
//! begin with, graphs of the states.
//!
//! The feature `describe` has this module. A [`Description`] writes each as text. A server that
//! [`run`](crate::run) starts prints one and ends, if the environment asks for it:
//!
//! ```console
//! $ ECHO_DESCRIBE=abnf cargo run --example echo
//! $ ECHO_DESCRIBE=wireshark cargo run --example echo > ~/.local/lib/wireshark/plugins/echo.lua
//! ```
//!
//! The variable begins as the server's others do, by its option `env`; without that by the name of
//! its type, in upper case: `ECHO` for `Echo`, `MY_STORE` for `MyStore`. `init` doesn't run, and no
//! port is opened. These are the forms:
//!
//! | form | prints |
//! | --- | --- |
//! | `table` | the states and the arms as a table of plain text, as the protocol's `Display` |
//! | `abnf` | a grammar in ABNF ([RFC 5234](https://www.rfc-editor.org/rfc/rfc5234)) |
//! | `wireshark` | a dissector for Wireshark and `tshark`, in Lua |
//! | `dictionary` | a dictionary for libFuzzer and AFL |
//! | `corpus` | frames that the arms match, with escapes, a line each |
//! | `corpus:FOLDER` | the same as files of a folder, as libFuzzer and AFL read them |
//! | `dot` | the graph of the states, for Graphviz |
//! | `svg` | the same as a picture |
//!
//! The text names the things that a table doesn't tell: a guard, the value of a constant, a type
//! that isn't the standard library's, a pattern of Rust's own. A frame of a codec isn't known, as
//! the codec reads it.

mod abnf;
mod bits;
mod corpus;
mod dot;
mod environment;
mod graph;
mod lua;
mod names;
mod svg;

pub use self::corpus::Seed;
#[doc(hidden)]
pub use self::environment::Described;
pub(crate) use self::environment::asked_for;
use crate::api::tcp_server::TcpServer;
use crate::packet::Packet;
use crate::table::protocol::Protocol;
use crate::table::state::ListedState;

/// A server's protocol, to be written as documents and for tools.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::describe::Description;
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Store;
///
/// #[tcp_server(port = 10000, packet = line(crlf))]
/// impl Store {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             /// Gets a value.
///             "get {key}" => reply(key),
///             "quit" => close,
///             _ => reply("what?"),
///         }
///     }
/// }
///
/// let store = Description::new("Store", Store::PROTOCOL);
/// assert!(store.abnf().contains("get = %x67.65.74.20"));
/// assert!(store.dictionary().contains("\"quit\""));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Description<'n> {
    name: &'n str,
    protocol: &'static Protocol,
    /// The states with their options, where those are known.
    states: &'static [ListedState],
    port: Option<u16>,
}

impl<'n> Description<'n> {
    /// Describes a protocol, which is called by this name.
    pub const fn new(name: &'n str, protocol: &'static Protocol) -> Self {
        Description {
            name,
            protocol,
            states: &[],
            port: None,
        }
    }

    /// Describes a server by its table, called as the server is, at its port. Returns `None` if it
    /// has no table, as a server that implements [`TcpServer`] by hand.
    pub fn of<S: TcpServer>(server: &S) -> Option<Description<'static>> {
        let options = server.options();
        Some(Description {
            name: options.name.unwrap_or_else(S::label),
            protocol: S::protocol()?,
            states: S::STATES,
            port: options.port.filter(|port| *port > 0),
        })
    }

    /// Says which packet modes states have of their own, as a table names states only:
    /// `Phase::STATES`, which [`of`](Self::of) knows.
    pub const fn states(self, states: &'static [ListedState]) -> Self {
        Description { states, ..self }
    }

    /// Sets the port at which a dissector expects the protocol.
    pub const fn port(self, port: u16) -> Self {
        Description {
            port: Some(port),
            ..self
        }
    }

    /// Returns the packet modes that connections may be in, each with the states that have it.
    fn modes(&self) -> Vec<(Packet, Vec<&'static str>)> {
        let mut modes: Vec<(Packet, Vec<&'static str>)> = Vec::new();
        for &name in self.protocol.states {
            let packet = self.own_packet(name).unwrap_or(self.protocol.packet);
            match modes.iter_mut().find(|(mode, _)| *mode == packet) {
                Some((_, states)) => states.push(name),
                None => modes.push((packet, vec![name])),
            }
        }
        if modes.is_empty() {
            modes.push((self.protocol.packet, Vec::new()));
        }
        modes
    }

    /// Returns the packet mode that a state has of its own.
    fn own_packet(&self, state: &str) -> Option<Packet> {
        self.states.iter().find(|own| own.name == state)?.packet
    }

    /// Returns a grammar in ABNF (RFC 5234), whose rule `frame` has an alternative for
    /// each arm. Its lines end with a line feed.
    ///
    /// Letters whose case counts are written as hex. ABNF has no order: that the first arm decides
    /// is a comment, and so are guards.
    pub fn abnf(&self) -> String {
        abnf::write(self)
    }

    /// Returns a dissector for Wireshark 4 and `tshark`, a script in Lua.
    ///
    /// It finds frames by the packet mode, put together from segments, and shows for each frame of
    /// a client's the arm that its form belongs to, with captures and fields. What the server sends
    /// is shown as frames without a form. A `?` behind an arm's name says that a guard, a type, a
    /// constant or the state may decide otherwise.
    ///
    /// It follows the states of a connection, and the packet modes that they have, from its begin
    /// on by the most likely way: an arm that names a next state leads there, and a client sends
    /// what its state takes. It doesn't follow a connection that changes its packet mode otherwise.
    pub fn wireshark(&self) -> String {
        lua::write(self)
    }

    /// Returns a dictionary for libFuzzer and AFL: the literal text and constants of the table, a
    /// line each.
    pub fn dictionary(&self) -> String {
        corpus::dictionary(self)
    }

    /// Returns frames of each arm's form for a fuzzer to begin with, as `handle_call` takes them.
    pub fn corpus(&self) -> Vec<Seed> {
        corpus::seeds(self.protocol)
    }

    /// Returns the graph of the states in the language of Graphviz. A protocol without states has
    /// one.
    ///
    /// An arm that leads on or closes is an edge. A dashed one may: the arm's code decides, or it
    /// can't be told; `…` stands for states that can't.
    pub fn dot(&self) -> String {
        dot::write(self)
    }

    /// Returns the graph of the states as a picture, which has at most 40 nodes and 40 edges. Of a
    /// larger one it is a text that says so; Graphviz draws [`dot`](Self::dot) of any.
    pub fn svg(&self) -> String {
        svg::write(self)
    }
}
