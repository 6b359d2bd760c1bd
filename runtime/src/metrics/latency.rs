//! The times of calls as a histogram of Prometheus.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::server::Server;
use crate::table::latency::ArmLatency;

const NAME: &str = "tcp_server_call_duration";
const HELP: &str = "Times of calls, by arm of the table";

/// Writes the histograms of servers that count times; those of equal labels are summed up, as each
/// may be there once.
pub(super) fn encode(servers: &[Server], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut sums: BTreeMap<(&str, &str), ArmLatency> = BTreeMap::new();
    for server in servers {
        for of in server.latency() {
            let key = (server.label(), of.arm);
            let sum = sums.remove(&key).map_or_else(|| of.clone(), |sum| sum.and(&of));
            sums.insert(key, sum);
        }
    }
    if sums.is_empty() {
        return Ok(());
    }
    let mut shown = encoder.encode_descriptor(NAME, HELP, Some(&Unit::Seconds), MetricType::Histogram)?;
    for ((server, arm), of) in sums {
        let seconds = |bound: Option<Duration>| bound.map_or(f64::INFINITY, |bound| bound.as_secs_f64());
        let buckets: Vec<_> = of.buckets().map(|(bound, calls)| (seconds(bound), calls)).collect();
        let labels = [("server", server), ("arm", arm)];
        let mut histogram = shown.encode_family(&labels)?;
        histogram.encode_histogram::<NoLabelSet>(of.sum.as_secs_f64(), of.calls, &buckets, None)?;
    }
    Ok(())
}
