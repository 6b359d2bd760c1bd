//! The values of options, as far as the attribute can know them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kai_tcp_server_spec::cidr;
use kai_tcp_server_spec::option::Row;
use kai_tcp_server_spec::packet::{Frames, Mode};
use syn::{Expr, Ident, Path, TypePath, Visibility};

/// An option and its value.
pub(crate) struct Setting {
    pub(crate) row: &'static Row,
    /// Its name as it is written.
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// A valid value, as far as the attribute can know.
pub(crate) enum Value {
    /// A literal: a number, text, `true`, `false`.
    Literal(Expr),
    /// An expression that only the compiler can evaluate.
    Constant(Expr),
    Time(Duration),
    Infinity,
    BrutalKill,
    Address(IpAddr),
    Blocks(Vec<Block>),
    Overload(Overload),
    AddressWithPort(SocketAddr),
    /// A list of texts: literals and constants.
    Texts(Vec<Expr>),
    ProxyProtocol(ProxyProtocol),
    Packet(Packet),
    Active(Active),
    Crate(Path),
    /// The enum of the protocol's states.
    State(TypePath),
    /// The server of the transcripts.
    Example(Expr),
    IgnoreCase(bool),
    Client(Client),
    SessionVersion(Expr),
}

/// The option `session_version`.
pub(crate) struct SessionVersion {
    /// Its name as it is written.
    pub(crate) name: Ident,
    /// A literal, or an expression that only the compiler can evaluate.
    pub(crate) value: Expr,
}

/// The client that is declared.
pub(crate) struct Client {
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
}

/// A packet mode.
pub(crate) enum Packet {
    /// A mode that is spelled in words alone.
    Mode(Mode),
    /// `raw(N)`, with N.
    Block(Expr),
    /// The type of a codec.
    Codec(TypePath),
}

impl Packet {
    /// Returns the mode. Returns `None` for a codec.
    pub(crate) fn mode(&self) -> Option<Mode> {
        match self {
            Packet::Mode(mode) => Some(*mode),
            Packet::Block(_) => Some(Mode::RawExact),
            Packet::Codec(_) => None,
        }
    }

    /// Returns whether its frames are lines of HTTP.
    pub(crate) fn is_lines(&self) -> bool {
        self.mode().is_some_and(|mode| mode.row().frames == Frames::Lines)
    }

    /// Returns whether `delimiter` ends its frames.
    pub(crate) fn is_delimited(&self) -> bool {
        self.mode().is_some_and(|mode| mode.row().frames == Frames::Delimited)
    }
}

/// Passive, active, or active for some frames.
pub(crate) enum Active {
    False,
    True,
    Once(Expr),
    Count(Expr),
}

/// The handling of a connection while all processes are busy: it waits, is refused, or is refused
/// with a text.
pub(crate) enum Overload {
    Backlog,
    Refuse,
    RefuseWith(Expr),
}

/// The ways to treat a PROXY header.
#[derive(Clone, Copy)]
pub(crate) enum ProxyProtocol {
    Off,
    Optional,
    Required,
}

/// One block of a list.
pub(crate) enum Block {
    /// A literal.
    Literal(cidr::Block),
    /// An expression that only the compiler can evaluate.
    Constant(Expr),
}
