//! The figures of servers for Prometheus, read when they are asked for: a call pays nothing for
//! them.

mod families;
mod latency;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use self::families::{FAMILIES, Family, Figures, Kind, sums};
use crate::accept::fd_limit;
use crate::server::Server;

pub use crate::table::latency::ArmLatency;

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
/// Counters count what this process did, from 0 on. After an upgrade the new process counts a
/// connection that it has taken over only from then on, and not as accepted; as closed, when it
/// ends there.
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
/// | `tcp_server_closed_connections_total` | counter | `reason`: those of [`CloseReason`](crate::CloseReason) | connections that have ended |
/// | `tcp_server_failed_handshakes_total` | counter | | handshakes of TLS and of the PROXY protocol that failed |
/// | `tcp_server_calls_total` | counter | | frames that were handled |
/// | `tcp_server_arm_calls_total` | counter | `arm` | those that came to each arm of the table |
/// | `tcp_server_call_duration_seconds` | histogram, in seconds | `arm` | times of calls, with the option [`latency`](crate::Options::latency); `arm` is empty for those that entered none |
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
        latency::encode(&self.servers, &mut encoder)?;
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

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.servers.iter().map(Server::label);
        f.debug_tuple("Metrics").field(&labels.collect::<Vec<_>>()).finish()
    }
}
