//! The measured figures and their ratios.

use std::time::Duration;

use crate::place::Carrier;
use crate::plan::Outcome;
use crate::servers::Rival;
use crate::stats::Estimate;
use crate::workloads::Workload;

/// A function that returns one number of a run.
pub(crate) type Value = fn(&Outcome) -> f64;

/// All figures of the servers of one carrier.
pub(crate) struct Figures {
    pub(crate) carrier: Carrier,
    pub(crate) rivals: Vec<&'static Rival>,
    pub(crate) rounds: usize,
    pub(crate) workloads: Vec<Measured>,
    /// System calls per call, and instructions per call: one number for each server that could be
    /// counted.
    pub(crate) counts: Vec<Counted>,
}

/// A workload, with each server's results of each round.
pub(crate) struct Measured {
    pub(crate) workload: Workload,
    pub(crate) outcomes: Vec<Vec<Outcome>>,
    /// Calls per second, if the load has a rate.
    pub(crate) rate: Option<f64>,
}

/// A counted figure, in contrast to a timed one.
pub(crate) struct Counted {
    pub(crate) what: Count,
    pub(crate) in_flight: usize,
    pub(crate) each: Vec<Option<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Count {
    SystemCalls,
    Instructions,
}

impl Figures {
    /// Returns the server that the others are compared with.
    pub(crate) fn first(&self) -> &'static Rival {
        self.rivals[0]
    }

    /// Returns the other servers with their places.
    pub(crate) fn others(&self) -> impl Iterator<Item = (usize, &'static Rival)> {
        self.rivals.iter().copied().enumerate().skip(1)
    }

    /// Returns whether nothing was measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.workloads.is_empty() && self.counts.is_empty()
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.rivals.iter().position(|rival| rival.name == name)
    }
}

impl Measured {
    /// Returns one number of one server.
    pub(crate) fn of(&self, rival: usize, value: Value) -> Option<Estimate> {
        Estimate::of(self.outcomes.get(rival)?.iter().map(value))
    }

    /// Returns the first server's number divided by another's, round by round.
    pub(crate) fn ratio(&self, other: usize, value: Value) -> Option<Estimate> {
        let pairs = self.outcomes.first()?.iter().zip(self.outcomes.get(other)?);
        Estimate::of(pairs.map(|(first, other)| value(first) / value(other)))
    }
}

/// Returns the calls per second.
pub(crate) fn throughput(outcome: &Outcome) -> f64 {
    outcome.calls as f64 / outcome.elapsed.as_secs_f64()
}

/// Returns the processor seconds of the server for a million calls, which are also microseconds per
/// call.
pub(crate) fn cpu(outcome: &Outcome) -> f64 {
    micros(outcome.server) / outcome.calls as f64
}

/// Returns the part of the time in which the load generator was busy.
pub(crate) fn generator(outcome: &Outcome) -> f64 {
    outcome.generator.as_secs_f64() / outcome.elapsed.as_secs_f64() / outcome.threads as f64
}

/// Returns the bytes per connection.
pub(crate) fn memory(outcome: &Outcome) -> f64 {
    outcome.grown as f64 / outcome.calls as f64
}

/// Returns the median latency, in microseconds.
pub(crate) fn p50(outcome: &Outcome) -> f64 {
    micros(outcome.p50)
}

/// Returns the latency that one call of a hundred exceeds, in microseconds.
pub(crate) fn p99(outcome: &Outcome) -> f64 {
    micros(outcome.p99)
}

/// Returns the latency that one call of a thousand exceeds, in microseconds.
pub(crate) fn p999(outcome: &Outcome) -> f64 {
    micros(outcome.p999)
}

/// Returns the latency of the slowest call, in microseconds.
pub(crate) fn slowest(outcome: &Outcome) -> f64 {
    micros(outcome.slowest)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
