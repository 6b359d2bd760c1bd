//! The command line's arguments: the selection of measurements.

use std::time::Duration;

use crate::Result;
use crate::servers::{self, RIVALS, Rival};

const USAGE: &str = "usage: compare [--quick] [--rounds N] [--only WORKLOAD,…] [--servers NAME,…] | compare build [ROUNDS]
workloads: parts of names such as 64x16x4096 (connections, in flight, bytes), churn, idle, latency-1000, rush, burst, system-calls, instructions; over TLS tls-64x16, on a Unix socket unix-churn and the like";

#[derive(Clone)]
pub(crate) struct Arguments {
    pub(crate) rounds: usize,
    /// The time of each measurement of throughput.
    pub(crate) time: Duration,
    quick: bool,
    only: Vec<String>,
    servers: Vec<&'static Rival>,
}

impl Arguments {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut rounds = None;
        let mut arguments = Arguments {
            rounds: 0,
            time: Duration::ZERO,
            quick: false,
            only: Vec::new(),
            servers: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut value = || words.next().copied().ok_or(USAGE);
            match word {
                "--quick" => arguments.quick = true,
                "--rounds" => rounds = Some(value()?.parse().map_err(|_| USAGE)?),
                "--only" => arguments.only = value()?.split(',').map(str::to_owned).collect(),
                "--servers" => {
                    for name in value()?.split(',') {
                        let known = RIVALS.iter().find(|rival| rival.name == name);
                        arguments
                            .servers
                            .push(known.ok_or_else(|| format!("there is no server {name}"))?);
                    }
                }
                _ => return Err(USAGE.into()),
            }
        }
        arguments.rounds = rounds.unwrap_or(if arguments.quick { 3 } else { 10 }).max(1);
        arguments.time = Duration::from_millis(if arguments.quick { 100 } else { 250 });
        Ok(arguments)
    }

    /// Returns the same arguments with another number of rounds.
    pub(crate) fn with_rounds(&self, rounds: usize) -> Self {
        Arguments { rounds, ..self.clone() }
    }

    /// Returns whether the arguments select this workload.
    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| workload.contains(&part[..]))
    }

    /// Returns the selected servers that can run here.
    pub(crate) fn rivals(&self) -> Vec<&'static Rival> {
        let asked: Vec<&Rival> = if self.servers.is_empty() {
            servers::usual().collect()
        } else {
            self.servers.clone()
        };
        asked.into_iter().filter(|rival| rival.prepare()).collect()
    }

    /// Returns whether this is the complete run, whose figures are kept.
    pub(crate) fn whole(&self) -> bool {
        !self.quick && self.only.is_empty() && self.servers.is_empty() && self.rounds >= 10
    }
}
