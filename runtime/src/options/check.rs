//! What each option takes: one rule, for the compiler and for an operator alike.
//!
//! The attribute evaluates these as constants, spanned at the option's value;
//! [`Options::check`](crate::Options::check) calls them when a server starts.

use std::time::Duration;

pub use kai_tcp_server_spec::option::Id;
use kai_tcp_server_spec::option::{PrefixMistake, judge_prefix};
use kai_tcp_server_spec::packet::{BlockMistake, judge_block};

use crate::options::active::Active;
use crate::packet::Packet;

/// Fails the compilation with what is wrong.
///
/// # Panics
///
/// If something is wrong, for the compiler to say.
#[track_caller]
pub const fn demand(problem: Option<&'static str>) {
    if let Some(problem) = problem {
        panic!("{}", problem);
    }
}

const fn demand_that(holds: bool, otherwise: &'static str) -> Option<&'static str> {
    if holds { None } else { Some(otherwise) }
}

/// Returns what is wrong with a number as the value of an option.
pub const fn u16(option: Id, n: u16) -> Option<&'static str> {
    option.row().judge_number(n as u64)
}

/// Returns what is wrong with a number as the value of an option.
pub const fn u32(option: Id, n: u32) -> Option<&'static str> {
    option.row().judge_number(n as u64)
}

/// Returns what is wrong with a number as the value of an option.
pub const fn usize(option: Id, n: usize) -> Option<&'static str> {
    option.row().judge_number(n as u64)
}

/// Returns what is wrong with a time as the value of an option.
pub const fn time(option: Id, time: Duration) -> Option<&'static str> {
    option.row().judge_time(time)
}

/// Returns what is wrong where there is no port, unless the server listens `elsewhere`.
pub const fn port(port: Option<u16>, elsewhere: bool) -> Option<&'static str> {
    demand_that(
        port.is_some() || elsewhere,
        "port is required, unless listen is set: 0 takes a free one",
    )
}

/// Returns what is wrong with a listener that is a Unix socket.
pub const fn unix_listener() -> Option<&'static str> {
    demand_that(cfg!(unix), "listen: this system has no Unix sockets")
}

/// Returns what is wrong with a listener that is a Unix socket without a file.
pub const fn abstract_listener() -> Option<&'static str> {
    demand_that(
        cfg!(any(target_os = "linux", target_os = "android")),
        "listen: abstract names of Unix sockets are there on Linux alone: take a path",
    )
}

/// Returns what is wrong with a listener that systemd passes.
pub const fn systemd_listener() -> Option<&'static str> {
    demand_that(
        cfg!(all(unix, feature = "systemd")),
        "listen: sockets of systemd need the feature `systemd` of kai-tcp-server, on Unix: `cargo add kai-tcp-server --features systemd`",
    )
}

/// Returns what is wrong with the size of a block, beside `packet_size`.
pub const fn packet(packet: Packet, packet_size: usize) -> Option<&'static str> {
    let Packet::RawExact(block) = packet else { return None };
    match judge_block(block, packet_size) {
        Some(BlockMistake::Empty) => Some("raw(N) must be at least raw(1)"),
        Some(BlockMistake::TooLong) => Some("raw(N) exceeds packet_size: raise packet_size"),
        None => None,
    }
}

/// Returns what is wrong with `delimiter`, beside `packet`.
pub const fn delimiter(packet: Packet, delimiter: Option<u8>) -> Option<&'static str> {
    demand_that(
        delimiter.is_none() || matches!(packet, Packet::Line),
        "delimiter says what ends a line of packet = line alone: leave delimiter out, or take packet = line",
    )
}

/// Returns what is wrong with `active`.
pub const fn active(active: Active) -> Option<&'static str> {
    demand_that(
        !matches!(active, Active::Count(0)),
        "active must count at least 1 frame; `false` is passive",
    )
}

/// Returns what is wrong with a text as the value of an option.
pub const fn text(option: Id, text: &str) -> Option<&'static str> {
    option.row().judge_text(text)
}

/// Returns what is wrong with a list of texts as the value of an option.
pub const fn texts(option: Id, texts: &[&str]) -> Option<&'static str> {
    let mut i = 0;
    while i < texts.len() {
        if let Some(problem) = text(option, texts[i]) {
            return Some(problem);
        }
        i += 1;
    }
    None
}

/// Returns what is wrong with options of TLS where this crate is built without it.
pub const fn tls_feature() -> Option<&'static str> {
    demand_that(
        cfg!(feature = "tls-provider"),
        "tls(…) needs the feature `tls` of kai-tcp-server: `cargo add kai-tcp-server --features tls`",
    )
}

/// Returns what is wrong with options of the PROXY protocol where this crate is built without it.
pub const fn proxy_feature() -> Option<&'static str> {
    demand_that(
        cfg!(feature = "proxy"),
        "proxy_protocol needs the feature `proxy` of kai-tcp-server: `cargo add kai-tcp-server --features proxy`",
    )
}

/// Returns what is wrong with `upgrade` where this crate is built without it.
pub const fn upgrade_feature() -> Option<&'static str> {
    demand_that(
        cfg!(all(target_os = "linux", feature = "upgrade")),
        "upgrade needs the feature `upgrade` of kai-tcp-server, on Linux: `cargo add kai-tcp-server --features upgrade`",
    )
}

/// Returns what is wrong with `session_version` where this crate is built without it. Where there
/// is the feature and no Unix, the option says nothing.
pub const fn session_feature() -> Option<&'static str> {
    demand_that(
        cfg!(feature = "upgrade"),
        "session_version needs the feature `upgrade` of kai-tcp-server: `cargo add kai-tcp-server --features upgrade`",
    )
}

/// Returns what is wrong with `latency` where this crate is built without metrics.
pub const fn metrics_feature() -> Option<&'static str> {
    demand_that(
        cfg!(feature = "metrics"),
        "latency needs the feature `metrics` of kai-tcp-server: `cargo add kai-tcp-server --features metrics`",
    )
}

/// Returns what is wrong with a recording where this crate is built without it.
pub const fn record_feature() -> Option<&'static str> {
    demand_that(
        cfg!(feature = "record"),
        "record(…) needs the feature `record` of kai-tcp-server: `cargo add kai-tcp-server --features record`",
    )
}

/// Returns what is wrong with `env`.
pub const fn env(prefix: &str) -> Option<&'static str> {
    match judge_prefix(prefix) {
        Some(PrefixMistake::Empty) => {
            Some("env must not be empty: it is what the variables begin with, as ECHO does for ECHO_PORT")
        }
        Some(PrefixMistake::Digit) => Some("env must not begin with a digit"),
        Some(PrefixMistake::ForeignLetter | PrefixMistake::SmallLetter) => {
            Some("env must consist of A to Z, 0 to 9 and _, as ECHO does")
        }
        Some(PrefixMistake::Underscore) => Some("env must not end with _: ECHO is enough for ECHO_PORT"),
        None => None,
    }
}
