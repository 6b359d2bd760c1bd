//! What each option takes: one rule, for the compiler and for an operator alike.
//!
//! The attribute evaluates these as constants, spanned at the option's value; [`Options::check`](crate::Options::check)
//! calls them when a server starts.

use std::time::Duration;

use crate::options::active::Active;
use crate::packet::Packet;

/// Fails the compilation with what is wrong.
#[track_caller]
pub const fn demand(problem: Option<&'static str>) {
    if let Some(problem) = problem {
        panic!("{}", problem);
    }
}

const fn demand_that(holds: bool, otherwise: &'static str) -> Option<&'static str> {
    if holds { None } else { Some(otherwise) }
}

pub const fn port(port: Option<u16>, in_memory: bool) -> Option<&'static str> {
    demand_that(port.is_some() || in_memory, "port is required: 0 takes a free one")
}

pub const fn max_processes(n: usize) -> Option<&'static str> {
    demand_that(n > 0, "max_processes must be at least 1: with 0 nobody would be served")
}

pub const fn max_per_ip(n: usize) -> Option<&'static str> {
    demand_that(n > 0, "max_per_ip must be at least 1: with 0 nobody would be served")
}

pub const fn accept_rate(n: u32) -> Option<&'static str> {
    demand_that(n > 0, "accept_rate must be at least 1: with 0 nobody would be accepted")
}

pub const fn restart_period(time: Duration) -> Option<&'static str> {
    demand_that(!time.is_zero(), "restart_period must be longer than 0")
}

/// Without a delay the port closes at once.
pub const fn stop_delay(_: Duration) -> Option<&'static str> {
    None
}

pub const fn accept_error_sleep_time(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "accept_error_sleep_time must be longer than 0: accepting again at once would fail again",
    )
}

pub const fn recv_timeout(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "recv_timeout must be longer than 0; `infinity` waits for ever",
    )
}

pub const fn recv_limit(n: usize) -> Option<&'static str> {
    demand_that(n > 0, "recv_limit must be at least 1")
}

pub const fn send_timeout(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "send_timeout must be longer than 0; `infinity` waits for ever",
    )
}

pub const fn frame_timeout(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "frame_timeout must be longer than 0; `infinity` waits for ever",
    )
}

pub const fn call_timeout(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "call_timeout must be longer than 0: no callback could wait; `infinity` lets it take as long as it does",
    )
}

pub const fn max_age(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "max_age must be longer than 0: nobody would be served; `infinity` lets connections live as long as they do",
    )
}

pub const fn close_timeout(time: Duration) -> Option<&'static str> {
    demand_that(
        !time.is_zero(),
        "close_timeout must be longer than 0: no last reply would go out; `infinity` gives a peer all the time that it takes",
    )
}

pub const fn packet_size(n: usize) -> Option<&'static str> {
    demand_that(n > 0 && n <= 0x7fff_ffff, "packet_size must be from 1 to 2147483647")
}

pub const fn packet(packet: Packet, packet_size: usize) -> Option<&'static str> {
    match packet {
        Packet::RawExact(0) => Some("raw(N) must be at least raw(1)"),
        Packet::RawExact(n) if n > packet_size => Some("raw(N) exceeds packet_size: raise packet_size"),
        _ => None,
    }
}

pub const fn delimiter(packet: Packet, delimiter: Option<u8>) -> Option<&'static str> {
    demand_that(
        delimiter.is_none() || matches!(packet, Packet::Line),
        "delimiter says what ends a line of packet = line alone: leave delimiter out, or take packet = line",
    )
}

pub const fn active(active: Active) -> Option<&'static str> {
    demand_that(
        !matches!(active, Active::Count(0)),
        "active must count at least 1 frame; `false` is passive",
    )
}

pub const fn mailbox(n: usize) -> Option<&'static str> {
    demand_that(n > 0, "mailbox must hold at least 1 message")
}

pub const fn backlog(n: u32) -> Option<&'static str> {
    demand_that(n > 0 && n <= 0x7fff_ffff, "backlog must be from 1 to 2147483647")
}

pub const fn name(name: Option<&str>) -> Option<&'static str> {
    let Some(name) = name else { return None };
    let name = name.as_bytes();
    let mut i = 0;
    while i < name.len() {
        // It stands in each log line.
        if name[i].is_ascii_control() {
            return Some("name must not contain control characters");
        }
        i += 1;
    }
    demand_that(!name.is_empty(), "name must not be empty")
}

pub const fn env(prefix: &str) -> Option<&'static str> {
    let prefix = prefix.as_bytes();
    let [first, ..] = prefix else {
        return Some("env must not be empty: it is what the variables begin with, as ECHO does for ECHO_PORT");
    };
    if first.is_ascii_digit() {
        return Some("env must not begin with a digit");
    }
    let mut i = 0;
    while i < prefix.len() {
        if !matches!(prefix[i], b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            return Some("env must consist of A to Z, 0 to 9 and _, as ECHO does");
        }
        i += 1;
    }
    demand_that(
        prefix[i - 1] != b'_',
        "env must not end with _: ECHO is enough for ECHO_PORT",
    )
}
