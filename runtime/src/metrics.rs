//! The figures of servers for Prometheus, read when they are asked for: a call pays nothing for
//! them.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::accept::fd_limit;
use crate::reason::CloseReason;
use crate::server::{Server, ServerInfo, ServerState};

/// The figures of servers, for Prometheus and all that read OpenMetrics.
///
/// A server with the option `health` answers `/metrics` there: in OpenMetrics to whom accepts it,
/// as Prometheus does, and to others in the text format of Prometheus. This is for programs that
/// have more to tell: a collector of prometheus-client, for a registry of their own. One collector
/// has all servers of a program, as a registry must have each name once.
///
/// The figures are read when they are asked for. Each has the label `server`: the name of the
/// server, or else that of its type. Figures of several servers with one name are summed up. No
/// label has what a peer sent.
///
/// | name | type | labels | meaning |
/// | --- | --- | --- | --- |
/// | `tcp_server_listening` | gauge | | 1 while the server accepts connections; 0 while it is suspended or stops |
/// | `tcp_server_connections` | gauge | | connections that are served |
/// | `tcp_server_state_connections` | gauge | `state` | those in each state of the protocol, if it has states |
/// | `tcp_server_max_processes` | gauge | | the most connections that are served at one time |
/// | `tcp_server_waiting_acceptors` | gauge | | acceptors that wait for a connection |
/// | `tcp_server_accepted_connections_total` | counter | | connections that were accepted to be served |
/// | `tcp_server_refused_connections_total` | counter | `reason`: `overloaded`, `per_ip`, `denied` | connections that were turned away |
/// | `tcp_server_closed_connections_total` | counter | `reason`: those of [`CloseReason`] | accepted connections that have ended |
/// | `tcp_server_failed_handshakes_total` | counter | | handshakes of TLS and of the PROXY protocol that failed |
/// | `tcp_server_calls_total` | counter | | frames that were handled |
/// | `tcp_server_arm_calls_total` | counter | `arm` | those that came to each arm of the table |
/// | `tcp_server_received_bytes_total` | counter, in bytes | | bytes received |
/// | `tcp_server_sent_bytes_total` | counter, in bytes | | bytes sent |
/// | `tcp_server_timeouts_total` | counter | `limit`: `recv`, `frame`, `send`, `call`, `handshake` | time limits that were reached |
/// | `tcp_server_full_mailboxes_total` | counter | | messages that weren't taken, as a mailbox was full |
/// | `tcp_server_restarts_total` | counter | | restarts of acceptors and other children |
/// | `process_open_fds` | gauge | no `server` | descriptors that the process has open; on Linux |
/// | `process_max_fds` | gauge | no `server` | descriptors that it may open; on Linux |
///
/// # Examples
///
/// ```
/// use kai_tcp_server::metrics::Metrics;
/// use kai_tcp_server::{Action, start, tcp_server, with};
/// use prometheus_client::encoding::text;
/// use prometheus_client::registry::Registry;
///
/// struct Echo;
///
/// #[tcp_server(port = 10000)]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> kai_tcp_server::Result {
///     let server = start(with(Echo, Echo::OPTIONS.in_memory())).await?;
///     let mut registry = Registry::default();
///     registry.register_collector(Box::new(Metrics::new([server.clone()])));
///
///     let mut shown = String::new();
///     text::encode(&mut shown, &registry).expect("a string takes it");
///     assert!(shown.contains("tcp_server_connections{server=\"Echo\"} 0"));
///     server.stop().await;
///     server.wait().await
/// }
/// ```
#[derive(Clone)]
pub struct Metrics {
    servers: Vec<Server>,
}

/// A format of [`Metrics::to_text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The text format of Prometheus, 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Returns the media type, for the header `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Prometheus => prometheus_text::CONTENT_TYPE,
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A further label of a figure, and its value.
type Label<'f> = Option<(&'static str, &'f str)>;

/// A figure of one server: its further label, and its value.
type Sample<'f> = (Label<'f>, u64);

/// The figures of one name.
struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    of: fn(&Figures) -> Vec<Sample<'_>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    /// A counter of bytes.
    Bytes,
    Gauge,
}

struct Figures {
    server: &'static str,
    info: ServerInfo,
    waiting_acceptors: usize,
}

impl Metrics {
    /// Makes the collector of these servers. It keeps them, and shows them also when they have
    /// stopped.
    pub fn new(servers: impl IntoIterator<Item = Server>) -> Self {
        Metrics {
            servers: servers.into_iter().collect(),
        }
    }

    /// Returns the figures as text.
    pub fn to_text(&self, format: Format) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self.clone()));
        let mut shown = String::new();
        let encoded = match format {
            Format::Prometheus => prometheus_text::encode(&mut shown, &registry),
            Format::OpenMetrics => text::encode(&mut shown, &registry),
        };
        debug_assert!(encoded.is_ok(), "a string takes all that is written");
        shown
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let figures: Vec<Figures> = self.servers.iter().map(Figures::of).collect();
        for family in FAMILIES {
            let Family { name, help, kind, of } = family;
            let mut shown = encoder.encode_descriptor(name, help, kind.unit(), kind.metric_type())?;
            for ((server, label), value) in sums(&figures, of) {
                let server = ("server", server);
                match label {
                    None => kind.encode(shown.encode_family(&[server])?, value)?,
                    Some((key, of)) => kind.encode(shown.encode_family(&[server, (key, of)])?, value)?,
                }
            }
        }
        let of_process = [
            (
                "process_open_fds",
                "Descriptors that the process has open",
                fd_limit::open(),
            ),
            (
                "process_max_fds",
                "Descriptors that the process may open",
                fd_limit::limit(),
            ),
        ];
        for (name, help, count) in of_process {
            let Some(count) = count else { continue };
            let shown = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            Kind::Gauge.encode(shown, count as u64)?;
        }
        Ok(())
    }
}

impl Kind {
    fn metric_type(self) -> MetricType {
        match self {
            Kind::Counter | Kind::Bytes => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
        }
    }

    fn unit(self) -> Option<&'static Unit> {
        match self {
            Kind::Bytes => Some(&Unit::Bytes),
            Kind::Counter | Kind::Gauge => None,
        }
    }

    fn encode(self, mut encoder: MetricEncoder<'_>, value: u64) -> fmt::Result {
        match self {
            Kind::Counter | Kind::Bytes => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
            Kind::Gauge => encoder.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX)),
        }
    }
}

impl Figures {
    fn of(server: &Server) -> Self {
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
const FAMILIES: [Family; 16] = [
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
        "Accepted connections that have ended, by reason",
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
fn sums(figures: &[Figures], of: fn(&Figures) -> Vec<Sample<'_>>) -> BTreeMap<(&'static str, Label<'_>), u64> {
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
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.servers.iter().map(Server::label);
        f.debug_tuple("Metrics").field(&labels.collect::<Vec<_>>()).finish()
    }
}
