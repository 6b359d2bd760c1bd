//! The promises about kai compared with the other servers, and the check of the figures against
//! them.

use crate::figures::{Count, Counted, Figures, Measured, Value, cpu, memory, p99, p999, slowest, throughput};
use crate::place::Carrier;
use crate::stats::Estimate;
use crate::workloads::Workload;

/// Whether a bound holds, judged by the end of the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// The bound lies within the interval.
    Unresolved,
}

/// A number, its bound, and whether the bound holds.
pub(crate) struct Judged {
    /// The workload and the other server.
    pub(crate) of: String,
    pub(crate) estimate: Estimate,
    pub(crate) verdict: Verdict,
}

/// A promise and all its numbers.
pub(crate) struct Promise {
    pub(crate) what: String,
    pub(crate) judged: Vec<Judged>,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn judge(self, of: String, estimate: Estimate) -> Judged {
        let Estimate { low, high, .. } = estimate;
        let (met, missed) = match self {
            Bound::AtMost(bound) => (high <= bound, low > bound),
            Bound::AtLeast(bound) => (low >= bound, high < bound),
        };
        let verdict = match (met, missed) {
            (true, _) => Verdict::Met,
            (_, true) => Verdict::Missed,
            _ => Verdict::Unresolved,
        };
        Judged { of, estimate, verdict }
    }
}

/// The usual implementations. kai must be no worse than any of them.
const USUAL: &[&str] = &["typical", "framed", "actix"];
const EXPERT: &[&str] = &["expert"];
/// The servers by hand for what is no plain TCP.
const RUSTLS: &[&str] = &["rustls"];
const UNIX: &[&str] = &["unix"];
const ALL: &[&str] = &["typical", "expert", "framed", "actix", "erlang"];

/// A promise about ratios to other servers.
struct Ratio {
    what: &'static str,
    bound: Bound,
    value: Value,
    to: &'static [&'static str],
    workloads: fn(Workload) -> bool,
}

const RATIOS: &[Ratio] = &[
    Ratio {
        what: "processor time a call: at most 1.05 of expert",
        bound: Bound::AtMost(1.05),
        value: cpu,
        to: EXPERT,
        workloads: Workload::is_busy,
    },
    Ratio {
        what: "throughput: at least 1/1.05 of expert",
        bound: Bound::AtLeast(1.0 / 1.05),
        value: throughput,
        to: EXPERT,
        workloads: Workload::is_work,
    },
    Ratio {
        what: "processor time a call: at most that of typical, framed, actix",
        bound: Bound::AtMost(1.0),
        value: cpu,
        to: USUAL,
        workloads: Workload::is_work,
    },
    Ratio {
        what: "throughput: at least that of typical, framed, actix",
        bound: Bound::AtLeast(1.0),
        value: throughput,
        to: USUAL,
        workloads: Workload::is_work,
    },
    Ratio {
        what: "throughput with 64 connections and 16 in flight: at least 8 times that of typical, framed, actix",
        bound: Bound::AtLeast(8.0),
        value: throughput,
        to: USUAL,
        workloads: Workload::is_gathered,
    },
    Ratio {
        what: "processor time a connection: at most 1.1 of expert",
        bound: Bound::AtMost(1.1),
        value: cpu,
        to: EXPERT,
        workloads: Workload::is_churn,
    },
    Ratio {
        what: "memory of an idle connection: at most 1.25 of expert",
        bound: Bound::AtMost(1.25),
        value: memory,
        to: EXPERT,
        workloads: Workload::is_idle,
    },
    Ratio {
        what: "p99 with 1,000 connections: at most 1.3 of the best",
        bound: Bound::AtMost(1.3),
        value: p99,
        to: ALL,
        workloads: Workload::is_crowd,
    },
    Ratio {
        what: "p99.9 with 1,000 connections, also from the start: at most 1.3 of the best",
        bound: Bound::AtMost(1.3),
        value: p999,
        to: ALL,
        workloads: Workload::is_any_crowd,
    },
    Ratio {
        what: "the last first answer of a burst: at most 1.3 of the best",
        bound: Bound::AtMost(1.3),
        value: slowest,
        to: ALL,
        workloads: Workload::is_burst,
    },
    Ratio {
        what: "TLS, processor time a call: at most 1.05 of tokio-rustls by hand",
        bound: Bound::AtMost(1.05),
        value: cpu,
        to: RUSTLS,
        workloads: Workload::is_busy,
    },
    Ratio {
        what: "TLS, processor time of handshake, call and close: at most 1.1 of tokio-rustls by hand",
        bound: Bound::AtMost(1.1),
        value: cpu,
        to: RUSTLS,
        workloads: Workload::is_churn,
    },
    Ratio {
        what: "TLS, memory of an idle connection: at most 0.8 of tokio-rustls by hand",
        bound: Bound::AtMost(0.8),
        value: memory,
        to: RUSTLS,
        workloads: Workload::is_idle,
    },
    Ratio {
        what: "Unix socket, processor time a call: at most 1.05 of tokio by hand",
        bound: Bound::AtMost(1.05),
        value: cpu,
        to: UNIX,
        workloads: Workload::is_busy,
    },
];

/// Judges all promises that the figures say something about; none if kai isn't among the servers.
pub(crate) fn judge(figures: &Figures) -> Vec<Promise> {
    if !figures.first().name.starts_with("kai") {
        return Vec::new();
    }
    let mut promises: Vec<Promise> = RATIOS.iter().map(|ratio| ratios(figures, ratio)).collect();
    promises.retain(|promise| !promise.judged.is_empty());
    if figures.carrier != Carrier::Tcp {
        return promises;
    }
    promises.push(idle_memory(figures));
    promises.push(counted(
        figures,
        "system calls a call: at most 2.05, 0.15 with 16 in flight",
        |counted, kai, _| {
            let bound = if counted.in_flight == 1 { 2.05 } else { 0.15 };
            (counted.what == Count::SystemCalls).then_some((kai, bound))
        },
    ));
    promises.push(counted(
        figures,
        "instructions a call: at most 1.15 of expert",
        |counted, kai, expert| (counted.what == Count::Instructions).then_some((kai / expert?, 1.15)),
    ));
    promises.retain(|promise| !promise.judged.is_empty());
    promises
}

fn ratios(figures: &Figures, promise: &Ratio) -> Promise {
    let mut judged = Vec::new();
    for measured in figures
        .workloads
        .iter()
        .filter(|measured| (promise.workloads)(measured.workload))
    {
        for name in promise.to {
            let ratio = figures
                .place(name)
                .and_then(|other| measured.ratio(other, promise.value));
            judged.extend(ratio.map(|ratio| promise.bound.judge(of(measured, name), ratio)));
        }
    }
    Promise {
        what: promise.what.to_owned(),
        judged,
    }
}

fn of(measured: &Measured, name: &str) -> String {
    format!("{} to {name}", measured.workload.title())
}

fn idle_memory(figures: &Figures) -> Promise {
    let judge = |measured: &Measured| {
        let kib = measured.of(0, |outcome| memory(outcome) / 1024.0)?;
        Some(Bound::AtMost(1.4).judge("KiB".to_owned(), kib))
    };
    let idle = figures.workloads.iter().filter(|measured| measured.workload.is_idle());
    Promise {
        what: "memory of an idle connection: at most 1.4 KiB".to_owned(),
        judged: idle.filter_map(judge).collect(),
    }
}

/// Judges a counted figure, which has no interval because it repeats. `bound` returns the number
/// and its maximum.
fn counted(figures: &Figures, what: &str, bound: impl Fn(&Counted, f64, Option<f64>) -> Option<(f64, f64)>) -> Promise {
    let expert = figures.place("expert");
    let judge = |counted: &Counted| {
        let (number, most) = bound(
            counted,
            counted.each[0]?,
            expert.and_then(|expert| counted.each[expert]),
        )?;
        let exact = Estimate {
            median: number,
            low: number,
            high: number,
        };
        Some(Bound::AtMost(most).judge(format!("64 × {}", counted.in_flight), exact))
    };
    Promise {
        what: what.to_owned(),
        judged: figures.counts.iter().filter_map(judge).collect(),
    }
}
