//! The families of figures: their names, and where each is read.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::{MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::reason::CloseReason;
use crate::server::{Server, ServerInfo, ServerState};

/// A further label of a figure, and its value.
pub(super) type Label<'f> = Option<(&'static str, &'f str)>;

/// A figure of one server: its further label, and its value.
pub(super) type Sample<'f> = (Label<'f>, u64);

/// The figures of one name.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) of: fn(&Figures) -> Vec<Sample<'_>>,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Counter,
    /// A counter of bytes.
    Bytes,
    Gauge,
}

pub(super) struct Figures {
    server: &'static str,
    info: ServerInfo,
    waiting_acceptors: usize,
}

impl Kind {
    pub(super) fn metric_type(self) -> MetricType {
        match self {
            Kind::Counter | Kind::Bytes => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
        }
    }

    pub(super) fn unit(self) -> Option<&'static Unit> {
        match self {
            Kind::Bytes => Some(&Unit::Bytes),
            Kind::Counter | Kind::Gauge => None,
        }
    }

    pub(super) fn encode(self, mut encoder: MetricEncoder<'_>, value: u64) -> fmt::Result {
        match self {
            Kind::Counter | Kind::Bytes => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
            Kind::Gauge => encoder.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX)),
        }
    }
}

impl Figures {
    pub(super) fn of(server: &Server) -> Self {
        Figures {
            server: server.label(),
            info: server.info(),
            waiting_acceptors: server.inner().slots.waiting(),
        }
    }
}

const fn gauge(name: &'static str, help: &'static str, of: fn(&Figures) -> Vec<Sample<'_>>) -> Family {
    let kind = Kind::Gauge;
    Family { name, help, kind, of }
}

/// The name is without `_total`, which the format adds.
const fn counter(name: &'static str, help: &'static str, of: fn(&Figures) -> Vec<Sample<'_>>) -> Family {
    let kind = Kind::Counter;
    Family { name, help, kind, of }
}

/// The name is without `_bytes_total`.
const fn bytes(name: &'static str, help: &'static str, of: fn(&Figures) -> Vec<Sample<'_>>) -> Family {
    let kind = Kind::Bytes;
    Family { name, help, kind, of }
}

/// The families, as the table of [`Metrics`] has them.
pub(super) const FAMILIES: [Family; 16] = [
    gauge("tcp_server_listening", "1 while the server accepts connections", |of| {
        one(u64::from(of.info.state == ServerState::Listening))
    }),
    gauge("tcp_server_connections", "Connections that are served", |of| {
        one(of.info.curr_connections as u64)
    }),
    gauge(
        "tcp_server_state_connections",
        "Connections that are served, by state of the protocol",
        |of| {
            each(
                "state",
                of.info
                    .states
                    .iter()
                    .map(|state| (state.name, state.connections as u64)),
            )
        },
    ),
    gauge(
        "tcp_server_max_processes",
        "The most connections that are served at one time",
        |of| one(of.info.max_processes as u64),
    ),
    gauge(
        "tcp_server_waiting_acceptors",
        "Acceptors that wait for a connection",
        |of| one(of.waiting_acceptors as u64),
    ),
    counter(
        "tcp_server_accepted_connections",
        "Connections that were accepted to be served",
        |of| one(of.info.accepted),
    ),
    counter(
        "tcp_server_refused_connections",
        "Connections that were turned away, by reason",
        |of| {
            let refused = of.info.refused;
            each(
                "reason",
                [
                    ("overloaded", refused.overloaded),
                    ("per_ip", refused.per_ip),
                    ("denied", refused.denied),
                ],
            )
        },
    ),
    counter(
        "tcp_server_closed_connections",
        "Connections that have ended, by reason",
        |of| {
            let closed = of.info.closed.iter();
            each("reason", closed.map(|closed| (word(closed.reason), closed.connections)))
        },
    ),
    counter(
        "tcp_server_failed_handshakes",
        "Handshakes of TLS and of the PROXY protocol that failed",
        |of| one(of.info.failed_handshakes),
    ),
    counter("tcp_server_calls", "Frames that were handled", |of| one(of.info.calls)),
    counter(
        "tcp_server_arm_calls",
        "Frames that were handled, by arm of the table",
        |of| each("arm", of.info.arms.iter().map(|arm| (arm.name, arm.calls))),
    ),
    bytes("tcp_server_received", "Bytes received", |of| one(of.info.bytes_in)),
    bytes("tcp_server_sent", "Bytes sent", |of| one(of.info.bytes_out)),
    counter(
        "tcp_server_timeouts",
        "Time limits that were reached, by the option that set them",
        |of| {
            let timeouts = of.info.timeouts;
            each(
                "limit",
                [
                    ("recv", timeouts.recv),
                    ("frame", timeouts.frame),
                    ("send", timeouts.send),
                    ("call", timeouts.call),
                    ("handshake", timeouts.handshake),
                ],
            )
        },
    ),
    counter(
        "tcp_server_full_mailboxes",
        "Messages that were not taken, as the mailbox of their connection was full",
        |of| one(of.info.full_mailboxes),
    ),
    counter(
        "tcp_server_restarts",
        "Restarts of acceptors and other children",
        |of| one(of.info.restarts),
    ),
];

fn one(value: u64) -> Vec<Sample<'static>> {
    vec![(None, value)]
}

/// Returns a sample for each value of a label.
fn each<'f>(key: &'static str, values: impl IntoIterator<Item = (&'f str, u64)>) -> Vec<Sample<'f>> {
    let values = values.into_iter();
    values.map(|(of, value)| (Some((key, of)), value)).collect()
}

/// Returns the figures of a family, those of equal labels summed up, as each may be there once: two
/// servers may have one name, as a stopped one and its successor, and arms of a server that is
/// written without the attribute.
pub(super) fn sums(
    figures: &[Figures],
    of: fn(&Figures) -> Vec<Sample<'_>>,
) -> BTreeMap<(&'static str, Label<'_>), u64> {
    let mut sums = BTreeMap::new();
    for figures in figures {
        for (label, value) in of(figures) {
            *sums.entry((figures.server, label)).or_insert(0) += value;
        }
    }
    sums
}

/// Returns a reason as a label.
fn word(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Peer => "peer",
        CloseReason::Handler => "handler",
        CloseReason::Call => "call",
        CloseReason::Panic => "panic",
        CloseReason::TooLong => "too_long",
        CloseReason::Malformed => "malformed",
        CloseReason::NotUtf8 => "not_utf8",
        CloseReason::Timeout => "timeout",
        CloseReason::Reset => "reset",
        CloseReason::Kicked => "kicked",
        CloseReason::Stopped => "stopped",
        CloseReason::MaxAge => "max_age",
        CloseReason::Truncated => "truncated",
        CloseReason::Handshake => "handshake",
        CloseReason::HandedOver => "handed_over",
    }
}
