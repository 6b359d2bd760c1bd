//! What each option takes: one rule, for the compiler and for an operator alike.
//!
//! The attribute evaluates these as constants, spanned at the option's value; [`Options::check`](crate::Options::check)
//! calls them when a server starts.

use std::time::Duration;

use crate::active::Active;
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

pub const fn max_processes(n: usize) -> Option<&'static str> {
    demand_that(n > 0, "max_processes must be at least 1: with 0 nobody would be served")
}

pub const fn restart_period(time: Duration) -> Option<&'static str> {
    demand_that(!time.is_zero(), "restart_period must be longer than 0")
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
    demand_that(!matches!(name, Some(name) if name.is_empty()), "name must not be empty")
}
