//! What is promised of kai beside the others, and whether the figures show it.

use crate::figures::{Count, Counted, Figures, Measured, Value, cpu, memory, p99, throughput};
use crate::stats::Estimate;
use crate::workloads::Workload;

/// Whether a bound holds, by the end of the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// The bound lies within the interval.
    Unresolved,
}

/// A number, where it must lie, and whether it does.
pub(crate) struct Judged {
    /// What of: a workload, and the other server.
    pub(crate) of: String,
    pub(crate) estimate: Estimate,
    pub(crate) verdict: Verdict,
}

/// One promise, and all that it is about.
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

/// What most write: kai must be no worse than any of these.
const USUAL: &[&str] = &["typical", "framed", "actix"];
const EXPERT: &[&str] = &["expert"];
const ALL: &[&str] = &["typical", "expert", "framed", "actix", "erlang"];

/// All promises that the figures say something about; none if kai isn't among them.
pub(crate) fn judge(figures: &Figures) -> Vec<Promise> {
    if figures.first().name != "kai" {
        return Vec::new();
    }
    let busy = |workload: Workload| workload.is_busy();
    let churn = |workload: Workload| matches!(workload, Workload::Churn { .. });
    let both = |workload: Workload| busy(workload) || churn(workload);
    let gathered = |workload| {
        workload
            == Workload::Busy {
                connections: 64,
                in_flight: 16,
                size: 64,
            }
    };
    let idle = |workload: Workload| matches!(workload, Workload::Idle { .. });
    let crowd = |workload: Workload| match workload {
        Workload::Latency { connections } => connections == 1000,
        Workload::Busy {
            connections,
            in_flight,
            size,
        } => (connections, in_flight, size) == (1000, 1, 64),
        _ => false,
    };
    let of = |what: &str, bound, value, names, workloads: &dyn Fn(Workload) -> bool| Promise {
        what: what.to_owned(),
        judged: ratios(figures, bound, value, names, workloads),
    };
    let promises = [
        of(
            "processor time a call: at most 1.05 of expert",
            Bound::AtMost(1.05),
            cpu,
            EXPERT,
            &busy,
        ),
        of(
            "throughput: at least 1/1.05 of expert",
            Bound::AtLeast(1.0 / 1.05),
            throughput,
            EXPERT,
            &both,
        ),
        of(
            "processor time a call: at most that of typical, framed, actix",
            Bound::AtMost(1.0),
            cpu,
            USUAL,
            &both,
        ),
        of(
            "throughput: at least that of typical, framed, actix",
            Bound::AtLeast(1.0),
            throughput,
            USUAL,
            &both,
        ),
        of(
            "throughput, 64 × 16, 64 B: at least 8 times theirs",
            Bound::AtLeast(8.0),
            throughput,
            USUAL,
            &gathered,
        ),
        counted(
            figures,
            "user-space instructions a call: at most 1.15 of expert",
            |counted, kai, expert| {
                (counted.what == Count::Instructions).then_some((kai / expert?, Bound::AtMost(1.15)))
            },
        ),
        counted(
            figures,
            "system calls a call: at most 2.05, 0.15 with 16 in flight",
            |counted, kai, _| {
                let bound = if counted.in_flight == 1 { 2.05 } else { 0.15 };
                (counted.what == Count::SystemCalls).then_some((kai, Bound::AtMost(bound)))
            },
        ),
        of(
            "processor time a connection: at most 1.1 of expert",
            Bound::AtMost(1.1),
            cpu,
            EXPERT,
            &churn,
        ),
        idle_memory(figures),
        of(
            "memory of an idle connection: at most 1.25 of expert",
            Bound::AtMost(1.25),
            memory,
            EXPERT,
            &idle,
        ),
        of(
            "p99, 1,000 connections: at most 1.3 of the best",
            Bound::AtMost(1.3),
            p99,
            ALL,
            &crowd,
        ),
    ];
    promises
        .into_iter()
        .filter(|promise| !promise.judged.is_empty())
        .collect()
}

fn ratios(
    figures: &Figures,
    bound: Bound,
    value: Value,
    names: &[&str],
    workloads: &dyn Fn(Workload) -> bool,
) -> Vec<Judged> {
    let mut judged = Vec::new();
    for measured in figures.workloads.iter().filter(|measured| workloads(measured.workload)) {
        for name in names {
            let ratio = figures.place(name).and_then(|other| measured.ratio(other, value));
            judged.extend(ratio.map(|ratio| bound.judge(of(measured, name), ratio)));
        }
    }
    judged
}

fn of(measured: &Measured, name: &str) -> String {
    format!("{} to {name}", measured.workload.title())
}

fn idle_memory(figures: &Figures) -> Promise {
    let idle = figures
        .workloads
        .iter()
        .filter(|measured| matches!(measured.workload, Workload::Idle { .. }));
    let judge = |measured: &Measured| {
        let kib = measured.of(0, |outcome| memory(outcome) / 1024.0)?;
        Some(Bound::AtMost(1.4).judge("KiB".to_owned(), kib))
    };
    Promise {
        what: "memory of an idle connection: at most 1.4 KiB".to_owned(),
        judged: idle.filter_map(judge).collect(),
    }
}

/// What is counted has no interval: it repeats.
fn counted(
    figures: &Figures,
    what: &str,
    bound: impl Fn(&Counted, f64, Option<f64>) -> Option<(f64, Bound)>,
) -> Promise {
    let expert = figures.place("expert");
    let judge = |counted: &Counted| {
        let (value, bound) = bound(
            counted,
            counted.each[0]?,
            expert.and_then(|expert| counted.each[expert]),
        )?;
        let exact = Estimate {
            median: value,
            low: value,
            high: value,
        };
        Some(bound.judge(format!("64 × {}", counted.in_flight), exact))
    };
    Promise {
        what: what.to_owned(),
        judged: figures.counts.iter().filter_map(judge).collect(),
    }
}
